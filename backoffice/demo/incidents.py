"""What happens now and then: cancelled documents, serials left out, a unit that comes again."""

from __future__ import annotations

from collections.abc import Callable

from documents.models import Kind

from .stage import DAYS, PlannedCancelling, PlannedDocument, PlannedLine, Stage

DAY_OF_COMING_AGAIN = DAYS - 4
DAY_WITHOUT_SERIALS = DAYS - 2
FAULTY_UNIT = "NB-TAIR"
LEFT_OUT = "PH-OK1"


class Incidents:
    """A handful of documents at fixed days."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._faulty: PlannedLine | None = None
        self._days: dict[tuple[str, int], Callable[[int], None]] = {
            ("LV1", 388): self._cancelled_sale,
            ("KY1", 612): self._cancelled_write_off,
            ("KY1", DAYS - 36): self._faulty_goes_back,
            ("KY1", DAY_OF_COMING_AGAIN): self._faulty_comes_again,
            ("KY1", DAY_WITHOUT_SERIALS): self._serials_left_out,
            ("KY1", DAYS - 1): self._cancelled_sale_yesterday,
        }

    def happen(self, prefix: str, day: int) -> None:
        """Whatever happens in the store on this day out of the ordinary."""
        if incident := self._days.get((prefix, day)):
            incident(day)

    def _add(self, document: PlannedDocument) -> PlannedDocument:
        self._stage.planned.append(document)
        return document

    def _cancel(self, document: PlannedDocument, prefix: str, day: int, reason: str) -> None:
        stage = self._stage
        self._stage.planned.append(
            PlannedCancelling(document, stage.manager(prefix), stage.at(prefix, day, 0.106), reason)
        )

    def _sale(self, prefix: str, day: int, who: str, sku: str) -> PlannedDocument:
        """A sale of one unit that lies on the shelf, and will again."""
        stage = self._stage
        goods = stage.named(sku)
        line = PlannedLine(goods, 1, (stage.shelves[prefix].peek(goods),))
        return self._add(
            PlannedDocument(
                Kind.SALE,
                stage.shop.stores[prefix],
                stage.shop.staff[who],
                stage.at(prefix, day, 0.102),
                [line],
                customer=stage.shop.persons[3],
            )
        )

    def _cancelled_sale(self, day: int) -> None:
        sale = self._sale("LV1", day, "danylo", self._on_the_shelf("LV1", "Phones"))
        self._cancel(sale, "LV1", day, "Entered for the wrong customer")

    def _cancelled_sale_yesterday(self, day: int) -> None:
        sale = self._sale("KY1", day, "sofia", self._on_the_shelf("KY1", "Large appliances"))
        self._cancel(sale, "KY1", day, "The card payment did not go through")

    def _on_the_shelf(self, prefix: str, type_name: str) -> str:
        shelf = self._stage.shelves[prefix]
        return next(
            goods.ware.sku
            for goods in self._stage.shop.goods
            if goods.type_name == type_name and shelf.count(goods)
        )

    def _cancelled_write_off(self, day: int) -> None:
        stage = self._stage
        goods = stage.named("SA-BK17")
        document = self._add(
            PlannedDocument(
                Kind.WRITE_OFF,
                stage.shop.stores["KY1"],
                stage.manager("KY1"),
                stage.at("KY1", day, 0.102),
                [PlannedLine(goods, 1, remark="Not to be found anywhere")],
            )
        )
        self._cancel(document, "KY1", day, "Found behind the counter")

    def _faulty_goes_back(self, day: int) -> None:
        """A unit out of the box goes back to the supplier."""
        stage, goods = self._stage, self._stage.named(FAULTY_UNIT)
        serials = stage.shelves["KY1"].take(goods, 1, stage.chance)
        self._faulty = PlannedLine(
            goods, 1, serials, stage.cost(goods), "Dead pixel in the middle of the screen"
        )
        self._add(
            PlannedDocument(
                Kind.SUPPLIER_RETURN,
                stage.shop.stores["KY1"],
                stage.manager("KY1"),
                stage.at("KY1", day, 0.103),
                [self._faulty],
                supplier=stage.wholesaler_of(goods).supplier,
            )
        )

    def _faulty_comes_again(self, day: int) -> None:
        """The supplier sends the same unit again, repaired, and the manager takes it."""
        stage, line = self._stage, self._faulty
        if line is None:
            raise RuntimeError("nothing went back")
        stage.shelves["KY1"].put(line.goods, 1, list(line.serials))
        self._add(
            PlannedDocument(
                Kind.RECEIPT,
                stage.shop.stores["KY1"],
                stage.manager("KY1"),
                stage.at("KY1", day, 0.103),
                [PlannedLine(line.goods, 1, line.serials, line.price)],
                supplier=stage.wholesaler_of(line.goods).supplier,
                note="Screen replaced by the maker",
                acknowledges=True,
            )
        )

    def _serials_left_out(self, day: int) -> None:
        """Three phones are received without their serials; one is entered the same morning."""
        stage, goods = self._stage, self._stage.named(LEFT_OUT)
        serials = stage.serials.take(goods, 3)
        came = PlannedLine(goods, 3, price=stage.cost(goods))
        receipt = self._add(
            PlannedDocument(
                Kind.RECEIPT,
                stage.shop.stores["KY1"],
                stage.manager("KY1"),
                stage.at("KY1", day, 0.102),
                [came],
                supplier=stage.wholesaler_of(goods).supplier,
                without_serials="The courier could not wait until they were scanned",
            )
        )
        stage.shelves["KY1"].put(goods, 1, serials[:1])
        self._add(
            PlannedDocument(
                Kind.IDENTIFICATION,
                stage.shop.stores["KY1"],
                stage.shop.staff["mykola"],
                stage.at("KY1", day, 0.108),
                [PlannedLine(goods, 1, tuple(serials[:1]), origin=came)],
                origin=receipt,
            )
        )
