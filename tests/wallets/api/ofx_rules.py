"""What OFX 2.1.1 says about the elements that we use: which children in which order, how often, and what is in a leaf.

Written down from the specification, because its schema is in no package that could be used here.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

_MOMENT = r"\d{14}\.\d{3}\[[+-]\d{1,2}(\.\d{1,2})?\]"
_AMOUNT = r"[+-]?\d{1,29}(\.\d+)?"

CHILDREN: dict[str, str] = {
    "OFX": "SIGNONMSGSRSV1 BANKMSGSRSV1",
    "SIGNONMSGSRSV1": "SONRS",
    "SONRS": "STATUS DTSERVER LANGUAGE",
    "STATUS": "CODE SEVERITY",
    "BANKMSGSRSV1": "STMTTRNRS",
    "STMTTRNRS": "TRNUID STATUS STMTRS",
    "STMTRS": "CURDEF BANKACCTFROM BANKTRANLIST LEDGERBAL BALLIST",
    "BANKACCTFROM": "BANKID ACCTID ACCTTYPE",
    "BANKTRANLIST": "DTSTART DTEND STMTTRN*",
    "STMTTRN": "TRNTYPE DTPOSTED TRNAMT FITID NAME MEMO?",
    "LEDGERBAL": "BALAMT DTASOF",
    "BALLIST": "BAL*",
    "BAL": "NAME DESC BALTYPE VALUE",
}
LEAVES: dict[str, str] = {
    "DTSERVER": _MOMENT,
    "LANGUAGE": "ENG",
    "CODE": "0",
    "SEVERITY": "INFO",
    "TRNUID": ".{1,36}",
    "CURDEF": "[A-Z]{3}",
    "BANKID": ".{1,9}",
    "ACCTID": ".{1,22}",
    "ACCTTYPE": "CHECKING|SAVINGS|MONEYMRKT|CREDITLINE|CD",
    "DTSTART": _MOMENT,
    "DTEND": _MOMENT,
    "TRNTYPE": "CREDIT|DEBIT",
    "DTPOSTED": _MOMENT,
    "TRNAMT": _AMOUNT,
    "FITID": ".{1,255}",
    "NAME": ".{1,32}",
    "MEMO": ".{1,255}",
    "BALAMT": _AMOUNT,
    "DTASOF": _MOMENT,
    "DESC": ".{1,80}",
    "BALTYPE": "DOLLAR|PERCENT|NUMBER",
    "VALUE": _AMOUNT,
}


def broken_rules(element: Element) -> list[str]:
    """What is wrong with an element and all within it; nothing, one hopes."""
    if element.attrib:
        return [f"{element.tag} has attributes"]
    if element.tag in LEAVES:
        is_right = re.fullmatch(LEAVES[element.tag], element.text or "", re.DOTALL) and not len(element)
        return [] if is_right else [f"{element.tag}: {element.text!r}"]
    if element.tag not in CHILDREN:
        return [f"{element.tag} is no element of ours"]
    order = "".join(f"{child.tag} " for child in element)
    pattern = "".join(re.sub(r"^(\w+)([*?]?)$", r"(\1 )\2", name) for name in CHILDREN[element.tag].split())
    wrong = [] if re.fullmatch(pattern, order) else [f"{element.tag} has {order}"]
    return wrong + [broken for child in element for broken in broken_rules(child)]
