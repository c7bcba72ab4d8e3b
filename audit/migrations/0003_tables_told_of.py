"""Which tables are told of, and which of their columns: the list is written out, secrets aren't on it."""

from django.db import migrations

from audit.operations import Track


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_written_by_postgresql"),
        ("company", "0005_two_languages"),
        ("partners", "0002_phone_digits"),
        ("products", "0002_warranty_policies"),
        ("warranty", "0005_card_designs"),
    ]

    operations = [
        Track(
            "company_company",
            (
                "company.company",
                "id",
                "name",
                "",
                "name",
                "currency",
                "lock_date",
                "customer_required",
                "return_window_days",
                "replacement",
                "replacement_days",
                "extension",
                "extension_months",
                "public_address",
                "idle_minutes",
                "second_factor",
                "pins_allowed",
            ),
        ),
        Track(
            "company_store",
            (
                "company.store",
                "id",
                "name",
                "",
                "name",
                "prefix",
                "address",
                "phone",
                "time_zone",
                "language",
                "is_active",
            ),
        ),
        Track(
            "company_user",
            (
                "company.user",
                "id",
                "username",
                "",
                "username",
                "first_name",
                "last_name",
                "email",
                "is_admin",
                "is_active",
                "language",
                "is_staff",
                "is_superuser",
                "password!",
            ),
        ),
        Track("company_membership", ("company.user", "user_id", "", "role", "store_id", "role")),
        Track(
            "partners_supplier",
            ("partners.supplier", "id", "name", "", "name", "phone", "email", "is_active"),
        ),
        Track(
            "partners_customer", ("partners.customer", "id", "name", "", "name", "phone", "email")
        ),
        Track(
            "products_producttype",
            (
                "products.producttype",
                "id",
                "name",
                "",
                "name",
                "default_mode",
                "period_count",
                "period_unit",
                "supplier_period_count",
                "supplier_period_unit",
                "extension",
                "extension_months",
                "replacement",
                "replacement_days",
                "card_paper",
                "serial_format",
                "serial_mask",
                "on_bad_format",
            ),
        ),
        Track(
            "products_product",
            (
                "products.product",
                "id",
                "name",
                "",
                "sku",
                "name",
                "type_id",
                "barcode",
                "price",
                "mode",
                "period_count",
                "period_unit",
                "supplier_period_count",
                "supplier_period_unit",
                "is_active",
            ),
        ),
        Track(
            "warranty_carddesign",
            (
                "warranty.carddesign",
                "type_id",
                "",
                "",
                "withdrawn",
                "title",
                "text",
                "shows",
                "logo_id",
                "paper",
                "language",
            ),
            function="audit_record_design",
        ),
    ]
