"""Who works at Iskra Electronics, where, and who buys there. Nobody here exists."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from company.access import Access, access_of
from company.models import Company, Store, User
from company.people import save_person
from company.rights import Role
from company.setup import POLICY_FIELDS, STORE_FIELDS, save_policies, save_store
from partners.models import Customer
from partners.saving import CUSTOMER_FIELDS, save_customer

from .catalogue import defaults

COMPANY = "Iskra Electronics"
PASSWORD = "warm-copper-lantern"  # noqa: S105  # of a demo, printed for everybody

STORES = (
    {
        "name": "Kyiv Podil",
        "prefix": "KY1",
        "address": "4 Kontraktova Square, 04070 Kyiv",
        "phone": "+380 44 000 17 24",
        "language": "en",
    },
    {
        "name": "Lviv Rynok",
        "prefix": "LV1",
        "address": "площа Ринок, 10, 79008 Львів",
        "phone": "+380 32 000 45 08",
        "language": "en",
    },
)


@dataclasses.dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in: `roles` are (prefix of a store, role); none for the admin."""

    username: str
    full_name: str
    language: str = "en"
    roles: tuple[tuple[str, Role], ...] = ()

    @property
    def is_admin(self) -> bool:
        return not self.roles


PEOPLE = (
    Person("olena", "Olena Savchuk"),
    Person("taras", "Taras Melnyk", roles=(("KY1", Role.MANAGER),)),
    Person("sofia", "Sofia Bondar", roles=(("KY1", Role.CASHIER),)),
    Person("mykola", "Mykola Hrytsenko", roles=(("KY1", Role.STOREKEEPER),)),
    Person("andriy", "Andriy Koval", roles=(("KY1", Role.TECHNICIAN),)),
    Person("iryna", "Ірина Левицька", "en", (("LV1", Role.MANAGER),)),
    Person("danylo", "Данило Гнатюк", "en", (("LV1", Role.CASHIER),)),
    Person("yulia", "Yulia Prokopenko", roles=(("KY1", Role.CASHIER), ("LV1", Role.STOREKEEPER))),
)

FIRMS = (
    ("ТОВ «Дніпрові Млини»", "+380 44 000 50 11"),
    ("ФОП Рибак Н. С.", "+380 32 000 51 12"),
    ("Podil Design Bureau", "+380 44 000 52 13"),
    ("Harrow & Finch Ltd", "+44 1632 960 114"),
)

PERSONS = (
    ("Марія Ткаченко", "+380 67 000 10 01"),
    ("Олександр Шевчук", "+380 50 000 10 02"),
    ("Наталія Кравець", "+380 63 000 10 03"),
    ("Богдан Лисенко", "+380 97 000 10 04"),
    ("Катерина Мороз", "+380 66 000 10 05"),
    ("Ігор Поліщук", "+380 68 000 10 06"),
    ("Людмила Романюк", "+380 73 000 10 07"),
    ("Віктор Дзюба", "+380 95 000 10 08"),
    ("Оксана Гаврилюк", "+380 67 000 10 09"),
    ("Степан Вовк", "+380 50 000 10 10"),
    ("Дарина Сидоренко", "+380 93 000 10 11"),
    ("Роман Федорчук", "+380 98 000 10 12"),
    ("Анастасія Білик", "+380 99 000 10 13"),
    ("Юрій Павленко", "+380 67 000 10 14"),
    ("Світлана Остапчук", "+380 50 000 10 15"),
    ("Максим Зінченко", "+380 63 000 10 16"),
    ("Ганна Яремчук", "+380 96 000 10 17"),
    ("Петро Кучеренко", "+380 66 000 10 18"),
    ("Соломія Дорошенко", "+380 68 000 10 19"),
    ("Владислав Панченко", "+380 73 000 10 20"),
    ("Tetiana Horobets", "+380 95 000 10 21"),
    ("Oleh Stetsenko", "+380 67 000 10 22"),
    ("Yaryna Kulyk", "+380 50 000 10 23"),
    ("Artem Nazarenko", "+380 93 000 10 24"),
    ("Khrystyna Mazur", "+380 98 000 10 25"),
    ("Nazar Petrenko", "+380 99 000 10 26"),
    ("Aoife Brennan", "+353 20 915 0142"),
    ("Ngozi Adeyemi", "+44 7700 900 417"),
    ("Marcus Whitfield", "+1 202 555 0173"),
    ("Jean-Luc Moreau", "+33 1 99 00 41 27"),
    ("Katharina Vogt", "+49 30 23125 418"),
    ("Søren Østergaard", ""),
    ("Zofia Wiśniewska-Król", ""),
    ("Priya Raghunathan", "+44 7700 900 682"),
    ("İbrahim Çelik", ""),
    ("Lucía Fernández Ortega", ""),
)


def make_admin() -> Access:
    """The first person, who makes everything else: nobody is there yet to make them."""
    first = PEOPLE[0]
    admin = User.objects.create_user(
        first.username,
        password=PASSWORD,
        first_name=first.full_name,
        language=first.language,
        is_admin=True,
    )
    return access_of(admin)


def make_stores(*, by: Access) -> dict[str, Store]:
    """Name the company and make its stores, by prefix."""
    company = Company.current()
    policies = {field: getattr(company, field) for field in POLICY_FIELDS}
    save_policies(policies | {"name": COMPANY, "currency": "UAH"}, by=by)
    blank = defaults(Store, STORE_FIELDS)
    return {each["prefix"]: save_store(blank | each, by=by) for each in STORES}


def make_staff(stores: dict[str, Store], *, by: Access) -> dict[str, Access]:
    """Everybody's access, by user name; the admin is there already."""
    staff = {by.user.username: by}
    for person in PEOPLE[1:]:
        data = {
            "username": person.username,
            "full_name": person.full_name,
            "language": person.language,
            "password": PASSWORD,
            "is_admin": person.is_admin,
            "is_active": True,
        }
        roles = [(stores[prefix].pk, role) for prefix, role in person.roles]
        staff[person.username] = access_of(save_person(data, roles=roles, by=by))
    return staff


def make_customers(*, by: Access) -> tuple[list[Customer], list[Customer]]:
    """Save the customers: persons, and firms that buy several at once."""
    blank = defaults(Customer, CUSTOMER_FIELDS)

    def save(name: str, phone: str, email: str) -> Customer:
        return save_customer(blank | {"name": name, "phone": phone, "email": email}, by=by)

    persons = []
    for number, (name, phone) in enumerate(PERSONS, 1):
        # Some leave an e-mail; whoever gave no phone does.
        email = f"customer{number:02d}@example.org" if number % 3 == 0 or not phone else ""
        persons.append(save(name, phone, email))
    firms = [
        save(name, phone, f"office{number}@example.com")
        for number, (name, phone) in enumerate(FIRMS, 1)
    ]
    return persons, firms


def sign_ins() -> Sequence[str]:
    """Who may sign in, as the lines of a table."""
    names = {each["prefix"]: each["name"] for each in STORES}
    rows = [("Name", "Password", "Who", "Role and store")]
    for person in PEOPLE:
        roles = ", ".join(f"{Role(role).value} in {names[prefix]}" for prefix, role in person.roles)
        rows.append((person.username, PASSWORD, person.full_name, roles or "admin, every store"))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]])
        for row in rows
    ]
