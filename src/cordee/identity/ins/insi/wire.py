"""Names of the SOAP exchange with the INSi: namespaces, actions, elements, codes.

As seen in public clients of the interface DESIR_ICIR_EXP 1.5.0; each assumption, its source
and how to change it are in docs/decisions/0020. Nothing else in the code base spells a name of
this wire.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING: Final = "http://www.w3.org/2005/08/addressing"
SECURITY: Final = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
)
BAM: Final = "urn:siram:bam:ctxbam"
LPS: Final = "urn:siram:lps:ctxlps"
SIRAM: Final = "urn:siram"
BY_TRAITS: Final = "http://www.cnamts.fr/INSiRecSans"
BY_CARD: Final = "http://www.cnamts.fr/INSiRecVit"
RESULT: Final = "http://www.cnamts.fr/INSiResultat"
VERIFICATION: Final = "http://www.cnamts.fr/INSiLot2/REQUnitaire"
VERIFICATION_RESULT: Final = "http://www.cnamts.fr/INSiLot2/REPUnitaire"

ACTION: Final = "urn:ServiceIdentiteCertifiee:1.0.0:"
SEARCH_BY_TRAITS: Final = ACTION + "rechercherInsAvecTraitsIdentite"
SEARCH_BY_CARD: Final = ACTION + "rechercherInsAvecCarteVitale"
VERIFY: Final = ACTION + "verifierInsAvecTraitsIdentite"

BAM_VERSION, LPS_VERSION, LPS_NATURE, IDAM_REFERENCE = "01_02", "01_00", "CTXLPS", "4"
CONTENT_TYPE: Final = "application/soap+xml; charset=utf-8"

OK, NO_ONE, SEVERAL = "00", "01", "02"
OUTCOMES: Final = {
    OK: "OK",
    NO_ONE: "Aucune identite trouvee",
    SEVERAL: "Plusieurs identites trouvees",
}
# The fault that says that the service behind is away for a while.
AWAY, AWAY_DETAIL = "siram_40", "insi_102"
RECEIVER, SENDER = "Receiver", "Sender"


def tag(namespace: str, name: str) -> str:
    """An element name as lxml has it."""
    return f"{{{namespace}}}{name}"


def add(parent: etree._Element, namespace: str, name: str, text: str = "") -> etree._Element:
    """A new last child, with a text where one is given."""
    child = etree.SubElement(parent, tag(namespace, name))
    if text:
        child.text = text
    return child


def text_of(parent: etree._Element | None, namespace: str, *path: str) -> str:
    """Text of the element at the end of a path of names; empty when it is not there."""
    node = node_of(parent, namespace, *path)
    return (node.text or "").strip() if node is not None else ""


def node_of(parent: etree._Element | None, namespace: str, *path: str) -> etree._Element | None:
    """Element at the end of a path of names; None when it is not there."""
    node = parent
    for name in path:
        if node is None:
            return None
        node = node.find(tag(namespace, name))
    return node


def envelope() -> tuple[etree._Element, etree._Element, etree._Element]:
    """An empty SOAP 1.2 envelope, its header and its body."""
    root = etree.Element(tag(SOAP, "Envelope"), nsmap={"soap": SOAP})
    header = etree.SubElement(root, tag(SOAP, "Header"))
    body = etree.SubElement(root, tag(SOAP, "Body"))
    return root, header, body


def xml_bytes(root: etree._Element) -> bytes:
    """The message as it is sent."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
