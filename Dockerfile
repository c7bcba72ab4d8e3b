# The program: web server, job worker and commands are this one image with different commands.
#   docker build -t unitbook .
# It holds no secret and no data. Nothing in it needs to be written to: run it read-only, with
# volumes for var/media and var/backups and a tmpfs for /tmp.

FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt /tmp/
# Ready-made wheels of the lock file and nothing else: no compiler, no code that runs at build.
RUN python -m venv /opt/unitbook \
    && /opt/unitbook/bin/pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary=:all: -r /tmp/requirements.txt \
    && /opt/unitbook/bin/pip uninstall --yes pip setuptools


FROM python:3.11-slim-bookworm
# One list says what the program needs from a machine: libraries for PDFs, a font with Cyrillic.
# It looks for each of them, installs what is missing and looks again.
COPY config/system_needs.py /tmp/
RUN python /tmp/system_needs.py server \
    && rm -rf /var/lib/apt/lists/* /tmp/system_needs.py \
    && useradd --system --uid 10001 --user-group --no-create-home --home-dir /srv/unitbook unitbook

COPY --from=packages /opt/unitbook /opt/unitbook
COPY . /srv/unitbook
WORKDIR /srv/unitbook
ENV PATH=/opt/unitbook/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    LOG_FORMAT=json
# Static files with their hashed names; the folders that volumes are laid on. The key is the
# build's own, kept nowhere; no database is asked.
RUN SECRET_KEY=$(python -c 'import secrets; print(secrets.token_urlsafe(64))') \
        python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q . \
    && mkdir -p var/media var/backups \
    && chown unitbook:unitbook var/media var/backups

USER 10001:10001
EXPOSE 8000
VOLUME ["/srv/unitbook/var/media", "/srv/unitbook/var/backups"]
# Whether this process answers, not whether the database does: a restart mends only the former.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
# WEB_CONCURRENCY is the number of processes, each of four threads.
CMD ["gunicorn", "-c", "python:config.gunicorn", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm"]
