"""A mail server for the tests: keeps what it takes in FOLDER/received, and misbehaves for some recipients."""

import os
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

folder = sys.argv[1]
received = os.path.join(folder, "received")
os.makedirs(received, exist_ok=True)


class Handler:
    count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "later":
            return "451 try again later"
        if name == "never":
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        Handler.count += 1
        with open(os.path.join(received, f"{Handler.count:03}.eml"), "wb") as file:
            file.write(envelope.content)
        if envelope.rcpt_tos[0].startswith("drop@"):
            server.transport.abort()
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"xiangban", b"sesame")
    # Not handled here: the server itself says no.
    return AuthResult(success=right, handled=False)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(os.path.join(folder, "server.pem"), os.path.join(folder, "server.key"))
settings = {"authenticator": authenticate, "auth_required": True, "enable_SMTPUTF8": True}


def start(**more):
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port, **settings, **more)
    controller.start()
    return port


starttls = start(tls_context=context, require_starttls=True)
# Under TLS from the first byte AUTH needs no further TLS.
tls = start(ssl_context=context, auth_require_tls=False)
print(starttls, tls, flush=True)
sys.stdin.read()
