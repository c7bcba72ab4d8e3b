"""Proves that repairs agree with their claims, their documents and with where their units are."""

from __future__ import annotations

from serials.proving import named

_CHECKS = {
    "repair %s is %s, its last step says %s": """
        SELECT repair.number, repair.status, last.status
        FROM repairs_repair repair
        LEFT JOIN (
            SELECT DISTINCT ON (repair_id) repair_id, status FROM repairs_step
            ORDER BY repair_id, id DESC
        ) last ON last.repair_id = repair.id
        WHERE last.status IS DISTINCT FROM repair.status ORDER BY repair.id
    """,
    "repair %s is %s, its claim was closed on %s": """
        SELECT repair.number, repair.status, claim.closed_on
        FROM repairs_repair repair JOIN warranty_claim claim ON claim.id = repair.claim_id
        WHERE (repair.status IN ('handed_back', 'cancelled')) <> (claim.closed_on IS NOT NULL)
        ORDER BY repair.id
    """,
    "repair %s and its claim %s are about different goods": """
        SELECT repair.number, claim.reference
        FROM repairs_repair repair JOIN warranty_claim claim ON claim.id = repair.claim_id
        WHERE (claim.reference, claim.store_id, claim.product_id, claim.serial_id)
              IS DISTINCT FROM
              (repair.number, repair.store_id, repair.product_id, repair.serial_id)
        ORDER BY repair.id
    """,
    "repair %s was decided to be paid by '%s', its claim says %s": """
        SELECT repair.number, repair.decided, claim.is_warranty
        FROM repairs_repair repair JOIN warranty_claim claim ON claim.id = repair.claim_id
        WHERE claim.is_warranty IS DISTINCT FROM
              CASE repair.decided WHEN 'warranty' THEN true WHEN 'customer' THEN false END
        ORDER BY repair.id
    """,
    "repair %s was %s as '%s' and extended card %s": """
        SELECT repair.number, repair.status, repair.result, card.number
        FROM repairs_repair repair
        JOIN warranty_adjustment adjustment ON adjustment.claim_id = repair.claim_id
        JOIN warranty_card card ON card.id = adjustment.card_id
        WHERE (repair.status, repair.result, repair.decided)
              IS DISTINCT FROM ('handed_back', 'repaired', 'warranty')
        ORDER BY repair.id
    """,
    "repair %s is %s, and unit %s of our own stock is not set aside": """
        SELECT repair.number, repair.status, serial.text
        FROM repairs_repair repair
        JOIN documents_document aside
            ON aside.id = repair.set_aside_id AND aside.status = 'posted'
        JOIN serials_serial serial ON serial.id = repair.serial_id
        JOIN serials_place place ON place.id = serial.place_id
        WHERE repair.status NOT IN ('handed_back', 'cancelled')
          AND (place.kind, place.store_id) IS DISTINCT FROM ('blocked', repair.store_id)
        ORDER BY repair.id
    """,
    "repair %s lent unit %s, and it is not set aside": """
        SELECT repair.number, serial.text
        FROM repairs_loan loan
        JOIN repairs_repair repair ON repair.id = loan.repair_id
        JOIN documents_document gone ON gone.id = loan.out_id AND gone.status = 'posted'
        JOIN serials_serial serial ON serial.id = loan.serial_id
        JOIN serials_place place ON place.id = serial.place_id
        WHERE loan.back_id IS NULL
          AND (place.kind, place.store_id) IS DISTINCT FROM ('blocked', repair.store_id)
        ORDER BY repair.id
    """,
    "repair %s has ended, and unit %s that it lent is not back": """
        SELECT repair.number, loan.serial_text
        FROM repairs_loan loan
        JOIN repairs_repair repair ON repair.id = loan.repair_id
        JOIN documents_document gone ON gone.id = loan.out_id AND gone.status = 'posted'
        WHERE loan.back_id IS NULL AND repair.status IN ('handed_back', 'cancelled')
        ORDER BY repair.id
    """,
    "repair %s: %s × %s is charged, its document %s has %s": """
        SELECT repair.number, charge.quantity, charge.name, document.number,
               coalesce(sum(line.quantity), 0)
        FROM repairs_charge charge
        JOIN repairs_repair repair ON repair.id = charge.repair_id
        JOIN documents_document document ON document.id = charge.document_id
        LEFT JOIN documents_line line
            ON line.document_id = document.id AND line.product_id = charge.product_id
        GROUP BY repair.number, charge.id, document.id
        HAVING coalesce(sum(line.quantity), 0) <> charge.quantity OR document.kind <> 'parts'
        ORDER BY charge.id
    """,
    "series RP of store %s in %s is at %s, and there are %s repairs": """
        SELECT store.prefix, sequence.year, sequence.last, count(repair.id)
        FROM company_numbersequence sequence
        JOIN company_store store ON store.id = sequence.store_id
        LEFT JOIN repairs_repair repair
            ON repair.number LIKE store.prefix || '-RP' || sequence.year || '-%%'
        WHERE sequence.series = 'RP'
        GROUP BY sequence.id, store.prefix
        HAVING count(repair.id) <> sequence.last
        ORDER BY store.prefix, sequence.year
    """,
}


def differences() -> list[str]:
    """Everything in which repairs differ from what they wrote; empty when all agree."""
    return named(_CHECKS)
