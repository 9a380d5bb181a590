# syntax=docker/dockerfile:1
# Two variants of one program: `cpu` (the default) and `cuda`, which adds ONNX Runtime's CUDA files to NVIDIA's own image.
#   docker build -t sanabot .
#   docker build -t sanabot:cuda --target cuda .

FROM node:24.21.0-bookworm-slim AS node

FROM node AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Without the flag, a npm that runs install scripts would fetch CUDA's files also for the processor's image.
RUN ONNXRUNTIME_NODE_INSTALL=skip npm ci --omit=dev --no-audit --no-fund

FROM dependencies AS dependencies-cuda
RUN node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12

# Needs the host's driver and the NVIDIA container toolkit; CUDA 12 and cuDNN 9 are in the image.
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04 AS cuda
COPY --from=node /usr/local/bin/node /usr/local/bin/node
# The same number in both images, since both write into one volume.
RUN mkdir /data && chown 1000:1000 /data
WORKDIR /app
COPY --from=dependencies-cuda /app/node_modules node_modules
COPY package.json LICENSE README.md ./
COPY migrations migrations
COPY models models
COPY commands commands
COPY src src
ENV NODE_ENV=production DATA_DIR=/data HOST=0.0.0.0 PROVIDER=cuda
USER 1000:1000
VOLUME /data
EXPOSE 3000
HEALTHCHECK --start-period=60s --interval=30s --timeout=5s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/livez`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]

FROM node AS cpu
RUN mkdir /data && chown 1000:1000 /data
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE README.md ./
COPY migrations migrations
COPY models models
COPY commands commands
COPY src src
ENV NODE_ENV=production DATA_DIR=/data HOST=0.0.0.0
USER 1000:1000
VOLUME /data
EXPOSE 3000
HEALTHCHECK --start-period=60s --interval=30s --timeout=5s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/livez`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]
