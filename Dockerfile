# kdtcn in a container that is not root. Build: docker build -t kdtcn .
#   docker run --rm -v kdtcn:/home/kdtcn/var kdtcn run --config configs/demo.yaml
#   docker run -d --restart unless-stopped -v kdtcn:/home/kdtcn/var kdtcn serve --config configs/live.yaml
FROM python:3.11.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/kdtcn
WORKDIR /src
COPY constraints.txt pyproject.toml README.md LICENSE ./
# torch first and alone: its plain build for the processor satisfies every later range. Dependencies are a layer of their own.
RUN /opt/kdtcn/bin/pip install -c constraints.txt torch \
 && /opt/kdtcn/bin/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > needs.txt \
 && /opt/kdtcn/bin/pip install -c constraints.txt -r needs.txt
COPY kdtcn kdtcn
COPY kg kg
COPY flows flows
RUN /opt/kdtcn/bin/pip install --no-deps .

FROM python:3.11.13-slim-bookworm
RUN useradd --create-home --uid 10001 kdtcn
COPY --from=build /opt/kdtcn /opt/kdtcn
WORKDIR /home/kdtcn
COPY configs configs
COPY data data
RUN install -d -o kdtcn -g kdtcn var
ENV PATH=/opt/kdtcn/bin:$PATH DO_NOT_TRACK=1 OMP_NUM_THREADS=2 PYTHONUNBUFFERED=1
USER 10001:10001
VOLUME /home/kdtcn/var
# PID 1 passes an interrupt on, so that a night under way ends in order
STOPSIGNAL SIGINT
ENTRYPOINT ["kdtcn"]
CMD ["serve", "--config", "configs/live.yaml"]
