"""The file store against its hashes."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from documents.models import DocumentVersion
from documents.queries import lost


class Command(BaseCommand):
    """Reads every content of the file store; ends with an error where one is not what was added."""

    help = "Compare every file of the file store with the hash under which it was added."

    def handle(self, *_args: object, **_options: object) -> None:
        """Name what is lost, or say that nothing is."""
        found = list(lost())
        for each in found:
            self.stderr.write(str(each))
        total = DocumentVersion.objects.count()
        if found:
            raise CommandError(f"{len(found)} of {total} versions are lost.")
        self.stdout.write(f"{total} versions are what was added.")
