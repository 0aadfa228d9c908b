"""As much of the S3 protocol as a store of contents needs, over HTTP on loopback: put, parts, get, list, delete."""

import asyncio
import hashlib
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

XML = '<?xml version="1.0" encoding="UTF-8"?>'


class SmallS3:
    """Objects by key (`bucket/path`), and the verbs it was asked."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.asked: list[str] = []
        self._parts: dict[str, dict[int, bytes]] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, many requests."""
        try:
            while line := await reader.readline():
                verb, target, _ = line.decode().split(" ")
                headers = {}
                while (field := (await reader.readline()).decode().strip()) != "":
                    name, _, value = field.partition(":")
                    headers[name.lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                status, answer, more = self._answer(verb, target, body)
                said = f"HTTP/1.1 {status}\r\ncontent-length: {len(answer)}\r\n{more}\r\n"
                writer.write(said.encode() + (b"" if verb == "HEAD" else answer))
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    def _answer(self, verb: str, target: str, body: bytes) -> tuple[str, bytes, str]:  # noqa: PLR0911
        url = urlsplit(target)
        key, query = unquote(url.path).lstrip("/"), dict(parse_qsl(url.query, keep_blank_values=True))
        self.asked.append(f"{verb} {'&'.join(sorted(query))}".strip())
        if verb == "POST":
            return self._posted(key, query, body)
        if verb == "PUT" and "partNumber" in query:
            self._parts[query["uploadId"]][int(query["partNumber"])] = body
            return "200 OK", b"", self._tag(body)
        if verb == "PUT":
            self.objects[key] = body
            return "200 OK", b"", self._tag(body)
        if verb == "DELETE":
            self.objects.pop(key, None)
            self._parts.pop(query.get("uploadId", ""), None)
            return "204 No Content", b"", ""
        if "list-type" in query:
            return "200 OK", self._listed(key.rstrip("/"), query.get("prefix", "")), ""
        if key not in self.objects:
            return "404 Not Found", b"", ""
        dated = "last-modified: Mon, 23 Nov 2026 09:00:00 GMT\r\n"
        return "200 OK", self.objects[key], dated + self._tag(self.objects[key])

    def _posted(self, key: str, query: dict[str, str], body: bytes) -> tuple[str, bytes, str]:
        if "uploads" in query:
            id = hashlib.sha256(key.encode()).hexdigest()
            self._parts[id] = {}
            made = f"<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            return "200 OK", (XML + made).encode(), ""
        if "uploadId" in query:
            parts = self._parts.pop(query["uploadId"])
            self.objects[key] = b"".join(parts[number] for number in sorted(parts))
            made = '<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>'
            return "200 OK", (XML + made).encode(), ""
        named = [each.partition("</Key>")[0] for each in body.decode().split("<Key>")[1:]]
        for name in named:
            self.objects.pop(f"{key.rstrip('/')}/{name}", None)
        gone = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in named)
        return "200 OK", f"{XML}<DeleteResult>{gone}</DeleteResult>".encode(), ""

    def _listed(self, bucket: str, prefix: str) -> bytes:
        found = sorted(key for key in self.objects if key.startswith(f"{bucket}/{prefix}"))
        entries = "".join(
            f"<Contents><Key>{escape(key.removeprefix(bucket + '/'))}</Key><Size>{len(self.objects[key])}</Size>"
            "<LastModified>2026-11-23T09:00:00.000Z</LastModified></Contents>"
            for key in found
        )
        return f"{XML}<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>".encode()

    @staticmethod
    def _tag(body: bytes) -> str:
        return f'etag: "{hashlib.sha256(body).hexdigest()[:32]}"\r\n'
