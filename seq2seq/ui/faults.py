"""Which installed models cannot be used, and why: one line above the tabs, for whoever runs the app."""

from __future__ import annotations

from seq2seq.ui.host.services import Services

MOST_NAMED = 4


def told(services: Services) -> str:
    """Empty where all can be used."""
    faults = sorted(services.faults.items())
    if not faults:
        return ""
    named = "; ".join(f"“{name}” ({why.rstrip('.')})" for name, why in faults[:MOST_NAMED])
    more = f"; and {len(faults) - MOST_NAMED} more" if len(faults) > MOST_NAMED else ""
    which = f"{len(faults)} models are" if len(faults) > 1 else "One model is"
    return f"{which} installed here and cannot be used: {named}{more}. All others work."
