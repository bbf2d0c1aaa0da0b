"""A mail server for tests, by aiosmtpd: TLS, a login, and what came as lines of JSON on standard output.

Arguments: certificate, key, mode (`starttls`, `tls` or `plain`).
"""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import AuthResult, SMTP


def tell(**what):
    print(json.dumps(what), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 no such user"
        if address.startswith("later@"):
            return "451 try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        tell(
            sender=envelope.mail_from,
            receivers=envelope.rcpt_tos,
            text=envelope.content.decode(),
            tls=session.ssl is not None or mode == "tls",
            login=bool(session.authenticated),
        )
        return "250 OK"


def login(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"watch", b"s3cr3t-password"), handled=False)


certificate, key, mode = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


def connection():
    if mode == "plain":
        return SMTP(handler)
    wanted = {"auth_required": True, "authenticator": login}
    if mode == "tls":
        return SMTP(handler, auth_require_tls=False, **wanted)
    return SMTP(handler, tls_context=context, require_starttls=True, **wanted)


async def serve():
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(connection, "127.0.0.1", 0, ssl=context if mode == "tls" else None)
    tell(port=listener.sockets[0].getsockname()[1])
    await loop.run_in_executor(None, sys.stdin.read)


handler = Handler()
asyncio.run(serve())
