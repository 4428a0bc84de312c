"""Bodies made short before they are sealed: deflate that starts from words of their own kind.

What is sealed cannot be packed by the database any more. A thousand bytes of JSON alone pack badly;
the dictionary holds what a Patient of a French region always says. Both it and the numbers of forms
are part of what is stored: a change of either takes a new number.
"""

from __future__ import annotations

import zlib
from typing import Final

RAW: Final = 0
WORDED: Final = 1
"""Raw deflate that starts from `_WORDS`."""
LARGEST: Final = 64 * 1024
"""Bytes above which packing, and above all unpacking, would hold up everybody else: a document."""
_LEVEL: Final = 4
_WINDOW: Final = -15
# What comes most often stands at the end: short distances pack best.
_WORDS: Final = b"".join(
    (
        b'"deceasedBoolean":false,"multipleBirthBoolean":false,"photo":[{"contentType":"image/jpeg"',
        b'"communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"fr-FR",'
        b'"display":"French"}],"text":"French"},"preferred":true}]',
        b'"maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStat'
        b'us","code":"M","display":"Married"}],"text":"Married"},',
        b'"contact":[{"relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2'
        b'-0131","code":"N"}]}],"name":{"family":"',
        b'"relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode",'
        b'"code":"',
        b'"resource":{"reference":"urn:uuid:"},"contentType":"application/pdf","data":"JVBERi0x',
        b'"link":[{"other":{"reference":"Patient/"},"type":"replaced-by"}]',
        b'"patient":{"reference":"Patient/"},"active":true,"period":{"start":"20',
        b'"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">',
        b'"profile":["https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins"',
        b'"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"',
        b'"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace",'
        b'"valueAddress":{"extension":[{"url":"https://hl7.fr/ig/fhir/core/StructureDefinition/'
        b'fr-core-address-insee-code","valueCoding":{"system":"https://mos.esante.gouv.fr/NOS/'
        b'TRE_R13-Commune/FHIR/TRE-R13-Commune","code":"',
        b'{"url":"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability",'
        b'"extension":[{"url":"identityStatus","valueCoding":{"system":"https://hl7.fr/ig/fhir/core/'
        b'CodeSystem/fr-core-cs-v2-0445","code":"VALI","display":"Identit\xc3\xa9'
        b' valid\xc3\xa9e"}}]}',
        b'"identifier":[{"use":"official","type":{"coding":[{"system":"https://hl7.fr/ig/fhir/core/'
        b'CodeSystem/fr-core-cs-v2-0203","code":"INS-NIR"}]},"system":"urn:oid:1.2.250.1.213.1.4.8",'
        b'"value":"1',
        b'{"use":"usual","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203",'
        b'"code":"PI"}]},"system":"urn:oid:1.2.250.1.',
        b'"generalPractitioner":[{"reference":"Practitioner/"}],"managingOrganization":{"reference":'
        b'"Organization/',
        b'"address":[{"use":"home","type":"both","line":["12 rue de la "],"city":"","postalCode"'
        b':"29"country":"FR","district":"","state":"","text":"',
        b'"telecom":[{"system":"phone","value":"+33 6 ","use":"mobile"},{"system":"email","value":'
        b'"@exemple.fr","use":"home"}],',
        b'"name":[{"use":"official","family":"","given":[""],"prefix":["M."],"suffix":[""]},{"use":'
        b'"usual","family":"","given":["',
        b'"gender":"female","birthDate":"19',
        b'"gender":"male","birthDate":"20',
        b'},"active":true,"identifier":[{"system":"urn:oid:","value":"}],"name":[{"family":"',
    )
)


def packed(plain: bytes) -> tuple[int, bytes]:
    """The form, and the bytes in it: as they are where packing gains nothing or they are long."""
    if len(plain) <= LARGEST:
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW, zdict=_WORDS)
        short = packer.compress(plain) + packer.flush()
        if len(short) < len(plain):
            return WORDED, short
    return RAW, plain


def unpacked(form: int, kept: bytes) -> bytes:
    """What was packed; raises `ValueError` for a form that is not known here."""
    if form == RAW:
        return kept
    if form != WORDED:
        raise ValueError(f"no form {form}")
    unpacker = zlib.decompressobj(_WINDOW, zdict=_WORDS)
    return unpacker.decompress(kept) + unpacker.flush()
