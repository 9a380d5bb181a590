import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

/** What the metrics tell apart of a job; guilds and users would be far too many labels. */
interface MeasuredJob {
  readonly kind: string;
  readonly model: string;
  readonly createdAt: Date;
}

const WAIT_BUCKETS_S = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const RUN_BUCKETS_S = [0.5, 1, 2, 5, 10, 20, 40, 60, 120, 300, 600, 1800];
const DELIVER_BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300];

interface GaugeText {
  readonly name: string;
  readonly help: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The process' metrics, by the names of QUEUE.md section 8. */
export class Metrics {
  readonly registry = new Registry();
  readonly #accepted = this.#counter("jobs_accepted_total", "Jobs that were accepted", ["kind"]);
  readonly #finished = this.#counter(
    "jobs_finished_total",
    "Attempts that ended, by their outcome",
    ["kind", "outcome"],
  );
  readonly #wait = this.#histogram("job_wait_seconds", "From acceptance to start", {
    labels: [],
    buckets: WAIT_BUCKETS_S,
  });
  readonly #run = this.#histogram("job_run_seconds", "From start to end of an attempt", {
    labels: ["kind", "model"],
    buckets: RUN_BUCKETS_S,
  });
  readonly #deliver = this.#histogram("job_deliver_seconds", "From the job's end to its post", {
    labels: [],
    buckets: DELIVER_BUCKETS_S,
  });
  readonly #delivered = this.#counter("deliveries_total", "Answers, by how they ended", ["where"]);
  readonly #busy = this.#counter("gpu_busy_seconds_total", "Seconds spent on attempts", []);
  readonly #restarts = this.#counter("worker_restarts_total", "Inference processes that died", [
    "cause",
  ]);
  readonly #refused = this.#counter("quota_reservations_total", "Reservations, by result", [
    "result",
    "scope",
  ]);
  readonly #ack = this.#histogram(
    "ack_seconds",
    "From an interaction's arrival to its acknowledgement",
    {
      labels: [],
      buckets: DELIVER_BUCKETS_S,
    },
  );
  readonly #requests = this.#counter("discord_requests_total", "Answers of Discord's API", [
    "route",
    "code",
  ]);

  constructor(build: { readonly version: string; readonly role: string }) {
    collectDefaultMetrics({ register: this.registry });
    this.gauge(
      { name: "build_info", help: "1, with the program's version and role", labels: build },
      async () => 1,
    );
  }

  accepted(job: MeasuredJob): void {
    this.#accepted.inc({ kind: job.kind });
  }

  reserved(result: "granted" | "refused", scope: string): void {
    this.#refused.inc({ result, scope });
  }

  started(job: MeasuredJob): void {
    this.#wait.observe((Date.now() - job.createdAt.getTime()) / 1000);
  }

  finished(job: MeasuredJob, outcome: string, milliseconds: number): void {
    this.#finished.inc({ kind: job.kind, outcome });
    this.#busy.inc(milliseconds / 1000);
    if (outcome === "done")
      this.#run.observe({ kind: job.kind, model: job.model }, milliseconds / 1000);
  }

  delivered(job: { readonly endedAt: Date | null }, where: string): void {
    this.#delivered.inc({ where });
    if (job.endedAt !== null) this.#deliver.observe((Date.now() - job.endedAt.getTime()) / 1000);
  }

  acknowledged(milliseconds: number): void {
    this.#ack.observe(milliseconds / 1000);
  }

  crashed(cause: string): void {
    this.#restarts.inc({ cause });
  }

  answered(route: string, code: number): void {
    this.#requests.inc({ route, code: String(code) });
  }

  /** A value that is asked for when it is read. */
  gauge({ name, help, labels = {} }: GaugeText, read: () => Promise<number>): void {
    const gauge = new Gauge({
      name: `sanabot_${name}`,
      help,
      labelNames: Object.keys(labels),
      registers: [],
      async collect() {
        this.set(labels, await read());
      },
    });
    this.registry.registerMetric(gauge);
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name: `sanabot_${name}`, help, labelNames, registers: [this.registry] });
  }

  #histogram(
    name: string,
    help: string,
    { labels, buckets }: { labels: string[]; buckets: number[] },
  ): Histogram {
    return new Histogram({
      name: `sanabot_${name}`,
      help,
      labelNames: labels,
      buckets,
      registers: [this.registry],
    });
  }
}
