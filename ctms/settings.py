"""Settings; every value that may differ between installations is an environment variable."""

from datetime import timedelta
from pathlib import Path

import django_stubs_ext

from ctms import environment
from ctms.embedded import Postgres, Server, Valkey
from ctms.logs import logging_config
from ctms.secrets import kept

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

# The installation. Without a DATABASE_URL it is a private one, with servers and keys of its own;
# a server installation brings its servers and must set its keys.
DEBUG = environment.flag("DEBUG", default=False)
CTMS_DEMO = environment.flag("CTMS_DEMO", default=False)
# Whose installation this is; stands under the name of the product.
CTMS_ORGANISATION = environment.text(
    "CTMS_ORGANISATION", "Halden Therapeutics" if CTMS_DEMO else ""
)
CTMS_HOME = Path(environment.text("CTMS_HOME", str(BASE_DIR / "var" / "demo")))
DATABASE_URL = environment.text("DATABASE_URL", "")
REDIS_URL = environment.text("REDIS_URL", "")
IS_PRIVATE = DEBUG or CTMS_DEMO or not DATABASE_URL

EMBEDDED_SERVERS: list[Server] = []
if not DATABASE_URL:
    EMBEDDED_SERVERS.append(
        Postgres(CTMS_HOME, is_durable=environment.flag("CTMS_DURABLE", default=True))
    )
if not REDIS_URL and IS_PRIVATE:
    EMBEDDED_SERVERS.append(Valkey(CTMS_HOME))
    REDIS_URL = EMBEDDED_SERVERS[-1].url

if IS_PRIVATE:
    SECRET_KEY = environment.text("SECRET_KEY", kept(CTMS_HOME / "keys", "secret"))
    ENCRYPTION_KEYS = environment.words("ENCRYPTION_KEYS", [kept(CTMS_HOME / "keys", "encryption")])
    IDENTITY_HASH_KEY = environment.text(
        "IDENTITY_HASH_KEY", kept(CTMS_HOME / "keys", "identity-hash")
    )
    ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
else:
    REDIS_URL = environment.text("REDIS_URL")
    SECRET_KEY = environment.text("SECRET_KEY")
    ENCRYPTION_KEYS = environment.words("ENCRYPTION_KEYS")
    IDENTITY_HASH_KEY = environment.text("IDENTITY_HASH_KEY")
    ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS")

# Applications, from the kernel upwards
OURS = [
    *(
        "core",
        "accounts",
        "trials",
        "sites",
        "documents",
        "subjects",
        "quality",
        "safety",
        "budgets",
    ),
    *("inbox", "audit", "workspace", "ctms"),
]
INSTALLED_APPS = [
    *OURS,
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "guardian",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "template_partials",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
]
MIDDLEWARE = [
    "ctms.middleware.RequestMiddleware",
    "ctms.middleware.PolicyMiddleware",
    "ctms.middleware.RefusalMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.SessionMiddleware",
    "accounts.middleware.LogInMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "ctms.middleware.FragmentMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "accounts.middleware.TokenMiddleware",
    "core.kept.KeptMiddleware",
    "core.drafts.DraftMiddleware",
    "core.idempotency.IdempotencyMiddleware",
]
ROOT_URLCONF = "ctms.urls"
CONTEXT = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "accounts.sessions.remaining",
    "ctms.navigation.navigation",
    "ctms.demo.notice.notice",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": CONTEXT},
    }
]

# Data
DATABASES = {"default": environment.database(DATABASE_URL or EMBEDDED_SERVERS[0].url)}
if not DATABASE_URL:
    DATABASES["default"]["ENGINE"] = "ctms.embedded"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "ctms.caches.Cache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"db": 1},  # the broker has 0
    }
}
MEDIA_ROOT = Path(environment.text("CTMS_FILES", str(CTMS_HOME / "files")))

# Who signs in, and for how long
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{VALIDATION}.NumericPasswordValidator"},
    {"NAME": "accounts.passwords.ChangedValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
SILENCED_SYSTEM_CHECKS = [
    "axes.W006",  # an account is locked wherever the wrong passwords come from
    "guardian.W001",  # core.access asks guardian's tables itself, once a request
]
CTMS_IDLE_MINUTES = environment.number("CTMS_IDLE_MINUTES", 15, at_least=1)
CTMS_SESSION_HOURS = environment.number("CTMS_SESSION_HOURS", 12, at_least=1)
CTMS_SECOND_FACTOR_ROLES = environment.words("CTMS_SECOND_FACTOR_ROLES", [])
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = CTMS_SESSION_HOURS * 3600
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
CTMS_LOCKOUT_MINUTES = environment.number("CTMS_LOCKOUT_MINUTES", 15, at_least=1)
AXES_FAILURE_LIMIT = environment.number("CTMS_SIGN_IN_ATTEMPTS", 5, at_least=1)
AXES_COOLOFF_TIME = timedelta(minutes=CTMS_LOCKOUT_MINUTES)
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_LOCKOUT_CALLABLE = "accounts.lockout.answer"
AXES_USERNAME_CALLABLE = "accounts.lockout.name_of"
AXES_SENSITIVE_PARAMETERS = ["login", "csrfmiddlewaretoken"]
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # every sign-in is on the trail
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # a pause is not made longer
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False  # the cookie ends with the browser
ACCOUNT_RATE_LIMITS = {  # by address; axes counts by name
    "login_failed": f"{environment.number('CTMS_SIGN_IN_ATTEMPTS_BY_ADDRESS', 30, at_least=1)}/15m/ip"
}
SIGN_IN_FORMS = "accounts.forms.sign_in"
ACCOUNT_FORMS = {
    "login": f"{SIGN_IN_FORMS}.LoginForm",
    "change_password": f"{SIGN_IN_FORMS}.ChangePasswordForm",
    "reauthenticate": f"{SIGN_IN_FORMS}.PasswordAgainForm",
    "reset_password": f"{SIGN_IN_FORMS}.ForgottenForm",
    "reset_password_from_key": f"{SIGN_IN_FORMS}.NewPasswordForm",
}
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
LOGIN_URL = "account_login"
CSRF_FAILURE_VIEW = "ctms.problems.unproven"
LOGIN_REDIRECT_URL = "/"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "CTMS"
MFA_TOTP_TOLERANCE = 1  # a code that has just ended, or a phone half a minute ahead
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": f"{SIGN_IN_FORMS}.CodeForm",
    "reauthenticate": f"{SIGN_IN_FORMS}.CodeAgainForm",
    "activate_totp": f"{SIGN_IN_FORMS}.FirstCodeForm",
}

# The way in: HTTPS everywhere but on a private machine
IS_HTTPS = environment.flag("CTMS_HTTPS", default=not IS_PRIVATE)
CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS", [])
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = ["^livez$", "^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
CTMS_BEHIND_PROXY = environment.flag("CTMS_BEHIND_PROXY", default=False)
if CTMS_BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1

# The programming interface
CTMS_API_PER_MINUTE = environment.number("CTMS_API_PER_MINUTE", 600, at_least=1)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["core.api.wire.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.wire.JsonParser"],
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": f"{CTMS_API_PER_MINUTE}/min"},
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.Schema",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS tells nothing that the document does not
    "EXCEPTION_HANDLER": "core.api.answers.answer_error",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CTMS",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PUBLIC": False,
    "SORT_OPERATIONS": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "SiteStatusEnum": "sites.models.SiteStatus",
        "SubjectStatusEnum": "subjects.models.SubjectStatus",
        "CausalityEnum": "safety.models.Causality",
        "DeviationCategoryEnum": "quality.models.Category",
        "CriterionCategoryEnum": "trials.models.Criterion.Category",
        "EventOutcomeEnum": "safety.models.Outcome",
        "ProcedureOutcomeEnum": "subjects.models.Outcome",
        "IssueKindEnum": "quality.models.IssueKind",
        "IssueStatusEnum": "quality.models.IssueStatus",
        "CapaActionKindEnum": "quality.models.CapaAction.Kind",
        "CapaStatusEnum": "quality.models.CapaStatus",
        "ClassificationEnum": "quality.models.Classification",
    },
}

# What runs by itself
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 3600
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    "refresh what is due": {"task": "inbox.tasks.refresh_everything", "schedule": 300.0},
    "follow schedules": {"task": "subjects.tasks.follow_schedules", "schedule": 300.0},
    "remind of visits": {"task": "subjects.tasks.remind", "schedule": 600.0},
    "carry out transfers": {"task": "subjects.tasks.carry_out_transfers", "schedule": 300.0},
    "carry on imports": {"task": "core.tasks.carry_on_all", "schedule": 60.0},
    "repair access": {"task": "inbox.tasks.repair_access", "schedule": 3600.0},
    "seal the trail": {"task": "audit.tasks.seal", "schedule": 600.0},
    "check the seal": {"task": "audit.tasks.check", "schedule": 86_400.0},
    "verify the files": {"task": "documents.tasks.verify", "schedule": 86_400.0},
    "clear away": {"task": "accounts.tasks.clear_away", "schedule": 86_400.0},
}

# Language, time, files, mail, logs
# The largest form is the preview of a protocol: 300 visits of six fields, and its head.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300 * 6 + 200
LANGUAGE_CODE = "en-gb"
USE_I18N = False  # one language; asking for it at every value and address costs a tenth of a page
TIME_ZONE = CELERY_TIMEZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = Path(environment.text("CTMS_STATIC", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "documents": environment.files(
        environment.text("CTMS_FILE_STORE", ""), MEDIA_ROOT / "documents"
    ),
    "staticfiles": {"BACKEND": "ctms.storage.StaticStorage"},
}
EMAIL_HOST = environment.text("EMAIL_HOST", "")
EMAIL_PORT = environment.number("EMAIL_PORT", 587, at_least=1)
EMAIL_HOST_USER = environment.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = environment.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = environment.flag("EMAIL_USE_TLS", default=True)
WITHOUT_HOST = "filebased" if IS_PRIVATE else "console"
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else WITHOUT_HOST}.EmailBackend"
EMAIL_FILE_PATH = CTMS_HOME / "outbox"
# Without a server mail lies in the outbox of a demo, or stands in the log: never that of a subject.
MAIL_GOES_OUT = bool(EMAIL_HOST) or IS_PRIVATE
DEFAULT_FROM_EMAIL = environment.text("DEFAULT_FROM_EMAIL", "ctms@localhost")
LOGGING = logging_config(is_json=not IS_PRIVATE, level=environment.text("LOG_LEVEL", "INFO"))
