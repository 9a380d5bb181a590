# syntax=docker/dockerfile:1
# Two variants of one program: `cpu` (the default) and `cuda`, which adds ONNX Runtime's CUDA files to NVIDIA's own image.
#   docker build -t sanabot .
#   docker build -t sanabot:cuda --target cuda .

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The platform's `node` package is for machines with an older Node; here the image's own runs.
RUN npm ci --omit=dev --no-audit --no-fund

FROM dependencies AS dependencies-cuda
RUN node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12

FROM node:24-bookworm-slim AS node

# Needs the host's driver and the NVIDIA container toolkit; CUDA 12 and cuDNN 9 are in the image.
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04 AS cuda
COPY --from=node /usr/local/bin/node /usr/local/bin/node
RUN useradd --system --uid 1001 --create-home sanabot && mkdir /data && chown sanabot /data
WORKDIR /app
COPY --from=dependencies-cuda /app/node_modules node_modules
COPY package.json LICENSE README.md ./
COPY migrations migrations
COPY models models
COPY commands commands
COPY src src
ENV NODE_ENV=production DATA_DIR=/data HOST=0.0.0.0 PROVIDER=cuda
USER sanabot
VOLUME /data
EXPOSE 3000
HEALTHCHECK --start-period=60s --interval=30s --timeout=5s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3000/livez').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]

FROM node:24-bookworm-slim AS cpu
RUN mkdir /data && chown node /data
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE README.md ./
COPY migrations migrations
COPY models models
COPY commands commands
COPY src src
ENV NODE_ENV=production DATA_DIR=/data HOST=0.0.0.0
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --start-period=60s --interval=30s --timeout=5s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3000/livez').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]
