"""Events, steps and signatures are sealed like the field history; the chain begins anew over all."""

from django.db import migrations, models
from django.db.models import Func

TXID = """
    CREATE FUNCTION core_txid() RETURNS bigint LANGUAGE sql VOLATILE AS $$
        SELECT pg_current_xact_id()::text::bigint
    $$
"""
AGAIN = """
    ALTER TABLE core_seal DISABLE TRIGGER USER;
    DELETE FROM core_seal;
    ALTER TABLE core_seal ENABLE TRIGGER USER;
"""
NAMES = ("event", "statuschange", "signature")


def txid() -> models.BigIntegerField:
    return models.BigIntegerField(db_default=Func(function="core_txid"), editable=False)


class Migration(migrations.Migration):
    dependencies = [("core", "0005_past")]
    operations = [
        migrations.RunSQL(TXID, "DROP FUNCTION core_txid()"),
        *(migrations.AddField(name, "txid", txid()) for name in NAMES),
        *(
            migrations.AddIndex(name, models.Index(fields=["txid"], name=f"{name}_txid"))
            for name in NAMES
        ),
        migrations.RunSQL(AGAIN, migrations.RunSQL.noop),
    ]
