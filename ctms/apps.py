"""The deployment as a Django app."""

from django.apps import AppConfig

from ctms.celery import app as celery_app


class CtmsConfig(AppConfig):
    """Binds shared tasks to the Celery application as soon as Django knows its apps."""

    name = "ctms"
    celery_app = celery_app
