"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from .charset import in_utf_8
from .warm import warm_up

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = in_utf_8(get_wsgi_application())
warm_up()
