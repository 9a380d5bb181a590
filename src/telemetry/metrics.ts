import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

/** What the metrics tell apart of a job; guilds and users would be far too many labels. */
interface MeasuredJob {
  readonly kind: string;
  readonly model: string;
  readonly createdAt: Date;
  /** 1 for the first. */
  readonly attempt: number;
}

const WAIT_BUCKETS_S = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const RUN_BUCKETS_S = [0.5, 1, 2, 5, 10, 20, 40, 60, 120, 300, 600, 1800];
const DELIVER_BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300];
const QUERY_BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 4, 10];

interface GaugeText {
  readonly name: string;
  readonly help: string;
  readonly labels?: Readonly<Record<string, string>>;
}

interface Process {
  readonly version: string;
  readonly role: string;
  /** What names the GPU that this process draws on. */
  readonly gpu: string;
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
  readonly #attempts = this.#counter("job_attempts_total", "Attempts that began", ["reason"]);
  readonly #dead = this.#counter("dead_letters_total", "Jobs that failed for good", ["cause"]);
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
  readonly #busy = this.#counter("gpu_busy_seconds_total", "Seconds spent on attempts", ["gpu"]);
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
  readonly #limited = this.#counter(
    "discord_rate_limited_seconds_total",
    "Seconds that requests were held back by Discord's limits",
    [],
  );
  readonly #queries = this.#histogram("db_query_seconds", "Statements of the database", {
    labels: [],
    buckets: QUERY_BUCKETS_S,
  });
  readonly #gpu: string;

  constructor({ gpu, ...build }: Process) {
    this.#gpu = gpu;
    collectDefaultMetrics({ register: this.registry });
    this.gauge(
      { name: "build_info", help: "1, with the program's version and role", labels: build },
      async () => 1,
    );
  }

  accepted(job: Pick<MeasuredJob, "kind">): void {
    this.#accepted.inc({ kind: job.kind });
  }

  reserved(result: "granted" | "refused", scope: string): void {
    this.#refused.inc({ result, scope });
  }

  started(job: MeasuredJob): void {
    this.#attempts.inc({ reason: job.attempt === 1 ? "first" : "again" });
    this.#wait.observe((Date.now() - job.createdAt.getTime()) / 1000);
  }

  finished(job: MeasuredJob, outcome: string, milliseconds: number): void {
    this.#finished.inc({ kind: job.kind, outcome });
    this.#busy.inc({ gpu: this.#gpu }, milliseconds / 1000);
    if (outcome === "done")
      this.#run.observe({ kind: job.kind, model: job.model }, milliseconds / 1000);
  }

  /** A job failed and is not tried again. */
  died(cause: string): void {
    this.#dead.inc({ cause });
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

  /** Discord's API answered. */
  readonly answered = (route: string, code: number): void => {
    this.#requests.inc({ route, code: String(code) });
  };

  /** A request waits this long for one of Discord's limits. */
  readonly heldBack = (milliseconds: number): void => {
    this.#limited.inc(milliseconds / 1000);
  };

  /** A statement of the database was answered, well or badly. */
  readonly queried = (milliseconds: number): void => {
    this.#queries.observe(milliseconds / 1000);
  };

  /**
   * A value that is asked for when it is read; NaN where nobody knows it, as while the database is away: the other metrics
   * are needed most then.
   */
  gauge({ name, help, labels = {} }: GaugeText, read: () => Promise<number>): void {
    this.#gauge({ name, help, labelNames: Object.keys(labels) }, async (gauge) =>
      gauge.set(labels, await read().catch(() => Number.NaN)),
    );
  }

  /** As {@link gauge}, of several values that one label tells apart; none where nobody knows them. */
  gaugeBy(
    { name, help, label }: { readonly name: string; readonly help: string; readonly label: string },
    read: () => Promise<Readonly<Record<string, number>>>,
  ): void {
    this.#gauge({ name, help, labelNames: [label] }, async (gauge) => {
      const values = await read().catch(() => ({}));
      gauge.reset();
      for (const [key, value] of Object.entries(values)) gauge.set({ [label]: key }, value);
    });
  }

  #gauge(
    { name, ...text }: { name: string; help: string; labelNames: string[] },
    fill: (gauge: Gauge) => Promise<void>,
  ): void {
    const gauge: Gauge = new Gauge({
      ...text,
      name: `sanabot_${name}`,
      registers: [],
      collect: () => fill(gauge),
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
