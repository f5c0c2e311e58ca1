"""A real Weaviate whose REST and gRPC are encrypted, and an authority of one's own that signs for it: its `pem` is what
a client has to trust."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import urllib.request
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from portal.operations.services import Weaviate
from portal.operations.services.ports import LOOPBACK

DAY = datetime.timedelta(days=1)


class Authority:
    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        made = self._unsigned(self._name, self._key, DAY)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.pem = made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    def sign_for_loopback(self, folder: Path, *, valid_for: datetime.timedelta = DAY) -> None:
        """For 127.0.0.1 and no name: `tls.crt` and `tls.key` in this folder."""
        key = ec.generate_private_key(ec.SECP256R1())
        named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "weaviate")])
        made = self._unsigned(named, key, valid_for).add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), critical=False
        )
        (folder / "tls.crt").write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))
        (folder / "tls.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def _unsigned(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, valid_for: datetime.timedelta):
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2 * DAY)
            .not_valid_after(now + valid_for)
        )


class WeaviateOverTls(Weaviate):
    def __init__(self, folder: Path, authority: Authority, *, grpc: bool = True) -> None:
        super().__init__(folder, durable=False)
        self.authority = authority
        self._grpc = grpc
        self.valid_for = DAY

    @property
    def url(self) -> str:
        return f"https://{LOOPBACK}:{self.port}"

    def prepare(self) -> None:
        super().prepare()
        self.authority.sign_for_loopback(self.folder, valid_for=self.valid_for)

    def command(self) -> list[str]:
        return [
            "--scheme", "https", "--tls-host", LOOPBACK, "--tls-port", str(self.port),
            "--tls-certificate", str(self.folder / "tls.crt"), "--tls-key", str(self.folder / "tls.key"),
        ]  # fmt: skip

    def environment(self) -> dict[str, str]:
        files = {"GRPC_CERT_FILE": str(self.folder / "tls.crt"), "GRPC_KEY_FILE": str(self.folder / "tls.key")}
        return super().environment() | (files if self._grpc else {})

    def is_ready(self) -> bool:
        trusted = ssl.create_default_context()
        trusted.check_hostname, trusted.verify_mode = False, ssl.CERT_NONE  # whether it runs, whoever signed for it
        try:
            with urllib.request.urlopen(f"{self.url}/v1/.well-known/ready", timeout=1, context=trusted) as said:
                return said.status == 200
        except OSError:
            return False
