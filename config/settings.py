"""Settings; everything that differs between installations comes from the environment.

DATABASE_URL    which PostgreSQL (15 or newer); the scripts set it to the embedded one
OWNER_DATABASE_URL  the same for migrate, as the owner of the tables: docs/database-roles.md
SECRET_KEY      required unless DEBUG=1
DEBUG           1 shows error details; never on a server others reach
ALLOWED_HOSTS   comma separated, this machine's own names by default
PUBLIC_URL      where customers reach this program, for QR codes; the company's settings go first
TRUSTED_ORIGINS comma separated origins (https://shop.example) behind a TLS front
SECURE          1 when served over HTTPS: secure cookies, HSTS, redirect to https
TRUSTED_PROXIES how many proxies of yours are in front: 1 when SECURE, else 0 by default
EMAIL_URL       smtp://name:password@mail.example:587/?tls=1 (smtps:// for TLS from the start):
                sends links to choose a password; without it no mail is sent
EMAIL_FROM      the sender of such mail
PUBLIC_RATE     how often one address may ask for public pages: 60/m, sixty a minute, by default
LOG_FORMAT      json, or lines for people: lines at a terminal or with DEBUG=1, else json
LOG_LEVEL       INFO by default: a line for each request and job; WARNING only what is wrong
SLOW_QUERY_MS   a statement that took longer is noted in the log; 200 by default
MANY_QUERIES    a request of more statements is noted too; 60 by default
METRICS_TOKEN   the bearer token that opens /metrics; nobody finds that page without
METRICS_FROM    comma separated addresses or networks that need no token: 10.0.0.0/8
LOCK_TIMEOUT    how long to wait for what somebody else holds: 15s by default
PGBOUNCER       1 when DATABASE_URL leads to PgBouncer, pooling by transaction: docs/deployment.md
REPLICA_URL     a replica of the database, for pages that only read: docs/many-machines.md
REPLICA_LAG     how many seconds it may be behind: 5 by default
STATEMENT_TIMEOUT  when PostgreSQL gives up on a statement: 30s of a web server, 10min of a worker
DISK_FREE_MB    with less room than this the program says that it isn't well; 200 by default
DATABASE_DIR    a folder on the disk of the database, when it is this machine's
"""

import datetime as dt
import ipaddress
import os
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import logs

from .mail import mail_server

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"


def _flag(name: str, default: str = "0") -> bool:
    return os.environ.get(name, default).lower() in {"1", "true", "yes", "on"}


def _words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


DEBUG = _flag("DEBUG")
SECRET_KEY = os.environ.get("SECRET_KEY", "")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured("Set SECRET_KEY (script/server makes one), or DEBUG=1.")
    SECRET_KEY = "only-for-debugging-" + "x" * 40
ALLOWED_HOSTS = _words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = _words("TRUSTED_ORIGINS")
PUBLIC_URL = os.environ.get("PUBLIC_URL", "")

INSTALLED_APPS = [
    "backoffice",
    "inventory",
    "repairs",
    "documents",
    "warranty",
    "serials",
    "products",
    "partners",
    "operations",
    "company",
    "audit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "django_ratelimit",
    "template_partials",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "operations.middleware.RequestLog",
    "company.safety.SafetyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "operations.middleware.Hosts",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "company.middleware.SeenMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "company.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "company.middleware.PersonMiddleware",
    "audit.middleware.ActingMiddleware",
    "operations.middleware.Faults",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "company.cookies.theme",
                "backoffice.context.shell",
            ],
            "builtins": ["company.templatetags.markup"],
        },
    },
]

FORM_RENDERER = "company.widgets.Renderer"

# Migrations need the owner of the tables; everything else gets on with a role that owns nothing.
_as_owner = _flag("AS_OWNER") and "OWNER_DATABASE_URL" in os.environ

# A connection is kept for ten minutes: making one per request costs ten times the request.
# The lock timeout turns a stuck lock into a message instead of a hung till.
DATABASES = {
    "default": dj_database_url.config(
        env="OWNER_DATABASE_URL" if _as_owner else "DATABASE_URL",
        default="postgresql://localhost/unitbook",
        conn_max_age=600,
        conn_health_checks=True,
    )
}
_options = DATABASES["default"].setdefault("OPTIONS", {})
_limits = f"-c lock_timeout={os.environ.get('LOCK_TIMEOUT', '15s')}"
if _statement := os.environ.get("STATEMENT_TIMEOUT"):
    # Not for commands: a migration of a large table takes what it takes.
    _limits += f" -c statement_timeout={_statement} -c idle_in_transaction_session_timeout=60s"
if _flag("PGBOUNCER"):
    # Behind it a connection of PostgreSQL is ours for one transaction. It hands on no options, so
    # that its own configuration says the limits; and a cursor would stay on another's connection.
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
else:
    _options["options"] = f"{_options.get('options', '')} {_limits}".strip()
_options.setdefault("connect_timeout", 5)  # a server that does not answer is down

REPLICA_LAG = int(os.environ.get("REPLICA_LAG", "5"))
if _replica := os.environ.get("REPLICA_URL"):
    _given = dj_database_url.parse(_replica, conn_max_age=600, conn_health_checks=True)
    DATABASES["replica"] = {
        **_given,
        "DISABLE_SERVER_SIDE_CURSORS": DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"],
        "OPTIONS": {
            **{name: _options[name] for name in ("options",) if name in _options},
            "connect_timeout": 2,
            **_given.get("OPTIONS", {}),
        },
    }
    DATABASE_ROUTERS = ["company.replicas.ReplicaRouter"]
    MIDDLEWARE.append("company.replicas.WroteMiddleware")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "company.User"
LOGIN_URL = "company:sign_in"
LOGIN_REDIRECT_URL = "backoffice:home"
LOGOUT_REDIRECT_URL = "company:sign_in"
# Length and nothing guessable, no rules of composition: NIST SP 800-63B-4, 3.1.1.2; the forms
# take up to 128 characters.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
    )
]

# Wrong passwords are counted by name and address, and by address: company/throttling.py.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_HANDLER = "company.throttling.Failures"
AXES_CLIENT_IP_CALLABLE = "company.client_address.client_address"
AXES_USERNAME_CALLABLE = "company.throttling.name_tried"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = dt.timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "held", "next", "csrfmiddlewaretoken"]

# Without a mail server nothing is mailed, and nothing offers to.
_mail = mail_server(os.environ.get("EMAIL_URL", ""))
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.tls_first, _mail.tls_later
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM") or _mail.user or "unitbook@localhost"

# What strangers see is counted by address, in PostgreSQL: all web processes share it.
TRUSTED_PROXIES = int(os.environ.get("TRUSTED_PROXIES") or _flag("SECURE"))
PUBLIC_RATE = os.environ.get("PUBLIC_RATE") or "60/m"
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "request_counts": {"BACKEND": "company.request_counts.RequestCounts"},
}
RATELIMIT_USE_CACHE = "request_counts"
RATELIMIT_IP_META_KEY = "company.client_address.client_address"
# W001 says that our backend is none of the three django-ratelimit knows. It is shared and atomic:
# tests/company/test_request_counts.py.
# axes.W002 misses a middleware of axes: the sign-in page itself says when to try again.
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.W001", "axes.W002"]

PROCRASTINATE_ON_APP_READY = "operations.jobs.prepare"
CSRF_FAILURE_VIEW = "backoffice.errors.csrf_failure"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("uk", "Українська")]  # each called as its speakers call it
FORMAT_MODULE_PATH = ["config.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
MEDIA_ROOT = VAR_DIR / "media"

# Forms carry whole columns of pasted serials: 10,000 of 80 Cyrillic characters, each of which
# takes six bytes on the way, are 4.8 MB.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# A sign-in ends after a week at the latest, and sooner when it rests: Company.idle_minutes.
SESSION_ENGINE = "company.sessions"
SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "company.cookies.Messages"
MESSAGES_COOKIE_NAME, TILL_COOKIE_NAME, WROTE_COOKIE_NAME = "messages", "till", "wrote"
CSRF_COOKIE_SAMESITE = "Lax"
if _flag("SECURE"):
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]  # asked for behind the proxy
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    # Browsers take these names from this very host and over TLS only.
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    LANGUAGE_COOKIE_NAME = "__Host-language"
    MESSAGES_COOKIE_NAME = "__Host-messages"
    TILL_COOKIE_NAME = "__Host-till"
    WROTE_COOKIE_NAME = "__Host-wrote"
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

LOG_FORMAT = os.environ.get("LOG_FORMAT") or logs.default_format(debug=DEBUG)
if LOG_FORMAT not in logs.FORMATS:
    raise ImproperlyConfigured(f"LOG_FORMAT is {' or '.join(logs.FORMATS)}, not {LOG_FORMAT}.")
LOGGING = logs.settings(LOG_FORMAT, os.environ.get("LOG_LEVEL", "INFO").upper())
logs.configure()
SLOW_QUERY_MS = float(os.environ.get("SLOW_QUERY_MS", "200"))
MANY_QUERIES = int(os.environ.get("MANY_QUERIES", "60"))

METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
METRICS_NETWORKS = [ipaddress.ip_network(each) for each in _words("METRICS_FROM")]

DISK_FREE_MB = int(os.environ.get("DISK_FREE_MB", "200"))
DISKS = {"files": str(MEDIA_ROOT)}
if _database_dir := os.environ.get("DATABASE_DIR"):
    DISKS["database"] = _database_dir
