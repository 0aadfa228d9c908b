"""The mail server of one machine keeps what it is sent."""

import smtplib
from email.message import EmailMessage

from terresante_dev.mailbox import Mailbox


def test_the_newest_mail_of_each_is_kept_whole() -> None:
    with Mailbox(0) as mailbox, smtplib.SMTP("127.0.0.1", mailbox.port, timeout=10) as client:
        for text in ("un", "deux\n.point\n..deux points\nfin"):
            mail = EmailMessage()
            mail["To"], mail["From"], mail["Subject"] = "a@example.org", "b@example.org", "Été"
            mail.set_content(text)
            client.send_message(mail)

        newest = mailbox.newest("a@example.org")
        assert newest is not None and newest["Subject"] == "Été"
        assert newest.get_content() == "deux\n.point\n..deux points\nfin\n"
        assert mailbox.newest("c@example.org") is None
