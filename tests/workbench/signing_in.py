"""How an administrator of the sandbox gets in, for the tests beside."""

from terresante_dev.browser.desk import Desk

__all__ = ["Desk"]
