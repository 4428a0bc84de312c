"""A CPTS in small for tests: its service, its coordinator, two physicians."""

from __future__ import annotations

from coordinated import make_region, put, service
from trusted import Screen

CPTS, SERVICE = "cpts-b-sud", "HealthcareService/communaute-b-sud"
MEMBERS = (("bernard-roux", "10"), ("anne-le-goff", "10"), ("nora-belkacem", "ADM"))


async def make_community(screen: Screen) -> None:
    await make_region(screen)
    await put(
        screen,
        {"resourceType": "Organization", "id": CPTS, "name": "CPTS B-Sud"},
        {"resourceType": "Location", "id": CPTS},
        service("communaute-b-sud", CPTS, "cpts"),
    )
    for key, code in MEMBERS:
        await put(
            screen,
            {"resourceType": "Practitioner", "id": key, "name": [{"text": key}]},
            {
                "resourceType": "PractitionerRole", "id": f"{key}-1", "active": True,
                "practitioner": {"reference": f"Practitioner/{key}"},
                "organization": {"reference": f"Organization/{CPTS}"},
                "code": [{"coding": [{"code": code}]}],
            },
        )  # fmt: skip
