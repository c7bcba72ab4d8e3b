"""What Iskra Electronics buys and sells, and from whom. All brands and firms are invented."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db.models import Model
from stdnum import ean

from company.access import Access
from partners.models import Supplier
from partners.saving import SUPPLIER_FIELDS, save_supplier
from products.models import OnBadFormat, Paper, Product, ProductType, SerialFormat
from products.modes import Mode
from products.saving import PRODUCT_FIELDS, TYPE_FIELDS, save_product, save_type

TYPES: dict[str, dict[str, object]] = {
    "Phones": {
        "default_mode": Mode.STRICT, "period_count": 24, "period_unit": "months",
        "card_paper": Paper.A5, "serial_format": SerialFormat.IMEI,
        "on_bad_format": OnBadFormat.WARN,
        "supplier_period_count": 24, "supplier_period_unit": "months",
    },
    "Tablets and laptops": {
        "default_mode": Mode.STRICT, "period_count": 24, "period_unit": "months",
        "card_paper": Paper.A5, "supplier_period_count": 24, "supplier_period_unit": "months",
    },
    "Power tools": {
        "default_mode": Mode.RECORDED, "period_count": 36, "period_unit": "months",
        "card_paper": Paper.A5, "serial_format": SerialFormat.MASK,
        "serial_mask": "@@-####-#####", "on_bad_format": OnBadFormat.REFUSE,
        "supplier_period_count": 12, "supplier_period_unit": "months",
    },
    "Large appliances": {
        "default_mode": Mode.STRICT, "period_count": 5, "period_unit": "years",
        "card_paper": Paper.A4, "supplier_period_count": 3, "supplier_period_unit": "years",
    },
    "Small appliances": {
        "default_mode": Mode.PERIOD, "period_count": 12, "period_unit": "months",
        "card_paper": Paper.ROLL,
    },
    "Accessories": {"default_mode": Mode.NONE, "card_paper": Paper.ROLL},
}  # fmt: skip

SUPPLIERS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "Dnipro Mobile Distribution": (
        "+380 56 000 21 10", "orders@dnipro-mobile.example.com", ("Phones", "Accessories"),
    ),
    "Baltic Digital Wholesale": (
        "+44 20 7946 0318", "sales@baltic-digital.example.com", ("Tablets and laptops", "Phones"),
    ),
    "Volt & Watt Trade": (
        "+380 44 000 73 40", "office@voltwatt.example.com", ("Power tools", "Accessories"),
    ),
    "Karpaty Home Appliances": (
        "+380 32 000 58 01", "trade@karpaty-home.example.com",
        ("Large appliances", "Small appliances"),
    ),
    "Stepova Import": (
        "+380 48 000 66 15", "hello@stepova.example.com",
        ("Tablets and laptops", "Power tools", "Small appliances"),
    ),
}  # fmt: skip
"""Name: phone, e-mail, the types of products they deliver."""


@dataclasses.dataclass(frozen=True, slots=True)
class Ware:
    """One product of the catalogue; `serials` is what its serial numbers are made from."""

    sku: str
    name: str
    price: int
    serials: str = ""
    mode: Mode | None = None
    period: tuple[int, str] | None = None


WARES: dict[str, tuple[Ware, ...]] = {
    "Phones": (
        Ware("PH-VS7-128", "Velmo S7 128 GB, graphite", 18_999, "35000017{:06d}"),
        Ware("PH-VS7-256", "Velmo S7 256 GB, graphite", 21_499, "35000018{:06d}"),
        Ware("PH-VS7L", "Velmo S7 Lite 64 GB, mint", 9_799, "35000021{:06d}"),
        Ware("PH-VF2", "Velmo Fold 2 512 GB, black", 52_999, "35000025{:06d}"),
        Ware("PH-OK1", "Okari One 128 GB, sand", 14_299, "35000103{:06d}"),
        Ware("PH-OK1M", "Okari One Max 256 GB, sea blue", 19_899, "35000104{:06d}"),
        Ware("PH-OKN5", "Okari Note 5G 128 GB, silver", 11_499, "35000108{:06d}"),
        Ware("PH-OKJ", "Okari Junior 32 GB, yellow", 4_299, "35000111{:06d}"),
        Ware(
            "PH-VS6-R", "Velmo S6 128 GB, refurbished", 8_499, "35000012{:06d}",
            period=(6, "months"),
        ),
    ),
    "Tablets and laptops": (
        Ware("NB-TB14", "Tessora Book 14, 16/512 GB", 33_999, "TB14K{:06d}"),
        Ware("NB-TB15P", "Tessora Book 15 Pro, 32 GB/1 TB", 58_499, "TB15P{:06d}"),
        Ware("NB-TS16", "Tessora Studio 16, 64 GB/2 TB", 96_999, "TS16X{:06d}"),
        Ware("NB-TAIR", "Tessora Air 13, 8/256 GB", 26_499, "TA13C{:06d}"),
        Ware("TB-Q8", "Quillo Tab 8, 64 GB", 6_899, "0Q8-{:06d}", period=(12, "months")),
        Ware("TB-Q11", "Quillo Tab 11, 128 GB", 11_299, "0Q11-{:06d}", period=(12, "months")),
        Ware("TB-Q11P", "Quillo Tab 11 Pro, 256 GB, with pen", 19_499, "0QP11-{:06d}"),
        Ware("TB-QE6", "Quillo Page 6 e-reader", 5_299, "QPG6{:06d}", period=(12, "months")),
    ),
    "Power tools": (
        Ware("PT-VD18", "Varrok VD18 cordless drill, 2 batteries", 4_899, "VR-1820-{:05d}"),
        Ware("PT-VG125", "Varrok VG125 angle grinder", 2_799, "VR-1253-{:05d}"),
        Ware("PT-VH26", "Varrok VH26 rotary hammer", 6_349, "VR-2608-{:05d}"),
        Ware("PT-VJ80", "Varrok VJ80 jigsaw", 3_199, "VR-8041-{:05d}"),
        Ware("PT-DS190", "Dubnik DS190 circular saw", 4_149, "DK-1907-{:05d}"),
        Ware("PT-DM12", "Dubnik DM12 impact driver", 3_599, "DK-1236-{:05d}"),
        Ware("PT-DP200", "Dubnik DP200 pressure washer", 8_799, "DK-2045-{:05d}"),
        Ware(
            "PT-DT254", "Dubnik DT254 table saw", 18_999, "DK-2549-{:05d}", mode=Mode.STRICT
        ),
    ),
    "Large appliances": (
        Ware("LA-FR360", "Frostav FR360 fridge-freezer, no frost", 24_999, "FS36.{:07d}"),
        Ware("LA-FR200", "Frostav FR200 fridge, under counter", 13_499, "FS20.{:07d}"),
        Ware("LA-FZ180", "Frostav FZ180 chest freezer", 11_999, "FS18.{:07d}"),
        Ware("LA-HW7", "Hestal HW7 washing machine, 7 kg", 16_299, "HS 07 {:06d}"),
        Ware("LA-HW9D", "Hestal HW9D washer-dryer, 9 kg", 27_899, "HS 09 {:06d}"),
        Ware("LA-HD60", "Hestal HD60 dishwasher, 60 cm", 18_749, "HS 60 {:06d}"),
        Ware("LA-HO65", "Hestal HO65 built-in oven", 15_199, "HS 65 {:06d}"),
    ),
    "Small appliances": (
        Ware("SA-BK17", "Brizka kettle 1.7 l", 1_199),
        Ware("SA-BT2", "Brizka toaster, two slices", 1_049),
        Ware("SA-BV20", "Brizka V20 cordless vacuum cleaner", 7_499, period=(24, "months")),
        Ware("SA-MI28", "Morelka steam iron 2800 W", 1_799),
        Ware("SA-MC5", "Morelka C5 coffee machine", 12_999, period=(24, "months")),
        Ware("SA-MB800", "Morelka hand blender 800 W", 1_549),
        Ware("SA-MH3", "Morelka hair dryer H3", 1_399),
    ),
    "Accessories": (
        Ware("AC-USBC1", "Snurko cable USB-C to USB-C, 1 m", 249),
        Ware("AC-USBC2", "Snurko cable USB-C to USB-C, 2 m", 329),
        Ware("AC-CASE-S7", "Case for Velmo S7, clear", 399),
        Ware("AC-CASE-OK1", "Case for Okari One, clear", 379),
        Ware("AC-BAG15", "Laptop bag 15 inch, grey", 1_099),
        Ware("AC-GLASS", "Screen glass, universal 6.5 inch", 299,
             mode=Mode.PERIOD, period=(14, "days")),
        Ware("AC-EAR2", "Snurko Ear 2 wireless earphones", 1_899,
             mode=Mode.PERIOD, period=(6, "months")),
        Ware("AC-PB20", "Snurko power bank 20,000 mAh", 1_699,
             mode=Mode.PERIOD, period=(6, "months")),
    ),
}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Goods:
    """A product as it was saved, with the type and the serial pattern of its ware."""

    product: Product
    type_name: str
    ware: Ware

    @property
    def has_imei(self) -> bool:
        return TYPES[self.type_name].get("serial_format") == SerialFormat.IMEI


@dataclasses.dataclass(frozen=True, slots=True)
class Wholesaler:
    """A supplier as it was saved, with the types of products it delivers."""

    supplier: Supplier
    types: tuple[str, ...]


def defaults(model: type[Model], fields: Collection[str]) -> dict[str, Any]:
    """What a new row has in these fields before anybody touches them."""
    fresh = model()
    return {name: getattr(fresh, name) for name in fields if name != "type"}


def make_wholesalers(*, by: Access) -> list[Wholesaler]:
    """Save the suppliers."""
    blank = defaults(Supplier, SUPPLIER_FIELDS)
    return [
        Wholesaler(
            save_supplier(blank | {"name": name, "phone": phone, "email": email}, by=by), types
        )
        for name, (phone, email, types) in SUPPLIERS.items()
    ]


def make_goods(*, by: Access) -> list[Goods]:
    """Save the product types and the products, each with a barcode of its own."""
    blank_type = defaults(ProductType, TYPE_FIELDS)
    blank = defaults(Product, PRODUCT_FIELDS)
    goods: list[Goods] = []
    for type_name, given in TYPES.items():
        kind = save_type(blank_type | {"name": type_name} | given, by=by)
        for ware in WARES[type_name]:
            count, unit = ware.period or (None, "")
            data = {
                "sku": ware.sku,
                "name": ware.name,
                "type": kind,
                "barcode": _barcode(len(goods) + 1),
                "price": Decimal(ware.price).quantize(Decimal("0.01")),
                "mode": ware.mode or kind.default_mode,
                "period_count": count,
                "period_unit": unit,
            }
            goods.append(Goods(save_product(blank | data, by=by), type_name, ware))
    return goods


def _barcode(number: int) -> str:
    """A GTIN-13 of the range that is free for use inside a company (prefixes 200 to 299)."""
    digits = f"2{204_820 + number * 7:06d}{number * 37:05d}"
    return digits + str(ean.calc_check_digit(digits))
