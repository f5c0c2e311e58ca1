"""Whom the portal believes to be Weaviate where that is encrypted, and what is wrong when it is somebody else."""

from __future__ import annotations

import os
import socket
import ssl
from typing import TYPE_CHECKING

from knowledge.stores.base import StoreUnavailable

if TYPE_CHECKING:
    import grpc
    import weaviate

HANDSHAKE_SECONDS = 2
REST, GRPC = "http/1.1", "h2"  # what a handshake says it will speak: gRPC's servers hang up on who does not


def trust(ca: str, speaks: str = REST) -> ssl.SSLContext:
    """`ca` (PEM) alone where it is given: who has an authority of its own for this has no use for the world's. Without
    it, those that either half of the client trusts by itself."""
    import httpx

    roots = os.environ.get("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH") if speaks == GRPC else None
    try:
        made = ssl.create_default_context(cadata=ca) if ca else None
    except (ssl.SSLError, ValueError) as error:
        raise StoreUnavailable(
            "The search index is unavailable: the portal cannot read whose certificates to trust.",
            hint="WEAVIATE_CA holds no certificate in PEM, or WEAVIATE_CA_FILE names a file without one.",
            permanent=True,
        ) from error
    made = made or (ssl.create_default_context(cafile=roots) if roots else httpx.create_ssl_context(trust_env=False))
    made.set_alpn_protocols([speaks])
    return made


def grpc_credentials(ca: str) -> grpc.ChannelCredentials | None:
    """None: as gRPC has them by itself."""
    if not ca:
        return None
    import grpc

    return grpc.ssl_channel_credentials(root_certificates=ca.encode())


def trust_rest_certificate(client: weaviate.WeaviateClient, ca: str) -> None:
    """Weaviate's client offers no setting for this, other than to change whom the whole process trusts. So its one
    method that opens an httpx client is replaced; a test with a real server would notice if that were renamed."""
    import httpx

    connection = client._connection
    context = trust(ca)
    connection._make_client = lambda colour: httpx.Client(headers=connection._headers, verify=context, trust_env=False)


def check_certificate(connected: socket.socket, host: str, ca: str, speaks: str) -> None:
    """The client itself would wait its full time for one that it does not trust, and say no more than that."""
    connected.settimeout(HANDSHAKE_SECONDS)
    try:
        trust(ca, speaks).wrap_socket(connected, server_hostname=host).close()
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message.rstrip(".")
        raise StoreUnavailable(
            "The search index is unavailable: the portal does not trust its certificate.",
            hint=f"Its {'gRPC' if speaks == GRPC else 'REST'} address shows one with this fault: {why}. Where an "
            "authority of your own signed it, set WEAVIATE_CA_FILE to that authority's certificate.",
            permanent=True,
        ) from error
    except ssl.SSLError as error:
        if error.reason not in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"):
            raise
        raise StoreUnavailable(
            f"The search index is unavailable: its {'gRPC' if speaks == GRPC else 'REST'} address is not encrypted.",
            hint="WEAVIATE_URL begins with https, for which both REST and gRPC have to be encrypted: give Weaviate "
            "GRPC_CERT_FILE and GRPC_KEY_FILE too.",
            permanent=True,
        ) from error
