import { ToolwireError, type World, systemLog, systemWorld } from '../base/index.ts'
import {
  ClientGrants,
  type EngineHooks,
  type EngineOptions,
  type ModelChoice,
  type ModelRetry,
  type RepairHook,
  type RepairOptions,
  type StopCondition,
  ToolCheck,
  type TurnView,
  repairOf,
  withPages,
} from '../engine/index.ts'
import { type Guard, type GuardLimits, type RedactOptions, createRedact } from '../guards/index.ts'
import type {
  AuditSink,
  Broker,
  Connection,
  Limiter,
  Listener,
  Observer,
  Store,
  ToolChoice,
} from '../ports/index.ts'
import type { Assignment, Principal, TurnPolicy } from '../protocol/index.ts'
import { memoryStore } from '../stores/index.ts'
import { type AnyTool, ToolRegistry } from '../tools/index.ts'
import { type Call, nodePrefix } from '../turn/index.ts'
import { auditOf } from './audit.ts'
import { toolOf } from './client-result.ts'
import { createFetch } from './fetch-handler.ts'
import { Fleet, guardsOf } from './fleet.ts'
import { authorize, gateOf } from './gate.ts'
import { type Health, HealthBook } from './health.ts'
import { Hub, closedServer } from './hub.ts'
import { Links } from './links.ts'
import { factsOf } from './node-facts.ts'
import type { NodeRequestHead } from './node-listener.ts'
import type { Run, RunFollower } from './run.ts'
import { type RunOptions, startRun } from './start-run.ts'
import { type TrustOptions, checkPrincipal, trustOf } from './trust.ts'
import { watchOf } from './watch.ts'

export interface ToolServerOptions extends EngineHooks, TrustOptions {
  /**
   * The model, or a list of them: the next is asked where one fails before anything of its answer was shown.
   * Each step begins with the first.
   */
  readonly model?: ModelChoice
  /** Chooses for each step, instead of `model`. */
  readonly selectModel?: (turn: TurnView) => ModelChoice | Promise<ModelChoice>
  readonly modelRetry?: ModelRetry
  /** Server tools with their handlers, and the schema halves of the tools that clients run. */
  readonly tools: ToolRegistry | readonly AnyTool[]
  /** Default: `memoryStore()`. */
  readonly store?: Store
  /** Joins the servers that share `store`, for speed: `redisBroker({ client })`. Close it behind them. */
  readonly broker?: Broker
  readonly system?: string
  readonly toolChoice?: ToolChoice
  /** Ends a turn although the model would go on; any of them suffices. */
  readonly stopWhen?: StopCondition | readonly StopCondition[]
  /** Model steps of one turn. Default: 20. */
  readonly maxSteps?: number
  readonly budgets?: Budgets
  /** Who sent a request; `null` refuses it. Needed by `fetch`. */
  readonly authenticate?: (request: Request) => Principal | null | Promise<Principal | null>
  /** Origins of pages beside the server's own that may call `fetch`, such as `https://app.example`. */
  readonly allowedOrigins?: readonly string[]
  /**
   * Names by which pages of the server itself may reach it over plain HTTP, such as `tools.intranet:8080`.
   * Addresses, `localhost` and whatever has TLS need no entry.
   */
  readonly allowedHosts?: readonly string[]
  readonly limits?: Limits
  /** Your own guards around every call, of server tools and client tools alike; the first is asked first. */
  readonly guards?: readonly Guard[]
  /** Where calls are counted for `rateLimit`. Default: by the broker, and else in the memory of this process. */
  readonly limiter?: Limiter
  /** Who runs a client tool where several clients offer it. Default: `'initiator'`. */
  readonly assign?: Assignment
  /**
   * Repairs calls that cannot run as the model wrote them; a function alone is the hook, beside the built-in
   * stages. Nothing is repaired without it.
   */
  readonly repair?: RepairHook | RepairOptions
  /** Where a record of every call, refusal, decision and outcome goes: `memoryAudit()`, `storeAudit(store)`, or your own. */
  readonly audit?: AuditSink
  /** Watches turns, requests to models, calls, and circuits: `openTelemetry()`, or your own. */
  readonly observer?: Observer
  /**
   * Whether a GET request may see the health of this server; it is answered with it, and status 200 or 503. Without
   * this there is no such endpoint.
   */
  readonly healthAccess?: (request: Request) => boolean | Promise<boolean>
  /** What is taken out of the audit, of what an observer is told, and of `onEvent`, beside what the schemas of tools and common names call a secret. */
  readonly redact?: RedactOptions
  /** What handlers on the server get as `context`; a function is asked for it at each attempt, with the principal. */
  readonly context?: unknown
  readonly world?: World
}

/** Bounds of one turn beside its steps. */
export interface Budgets {
  /** Default: 100. */
  readonly maxCalls?: number
  /** Tokens of all steps, as the provider counts them. Default: no bound. */
  readonly maxTokens?: number
  /** Likewise, of the whole conversation. Default: no bound. */
  readonly maxConversationTokens?: number
  /** How often a cycle of 1 to 4 identical calls may come round. Default: 5. */
  readonly maxRepeats?: number
}

/** How long things may take, in milliseconds, and how much. */
export interface Limits extends GuardLimits {
  /** Of a handler whose tool sets no `timeoutMs`. Default: 120,000. */
  readonly timeoutMs?: number
  /** Silence of a model after which its answer counts as broken. Default: 600,000. */
  readonly modelIdleTimeoutMs?: number
  /** Silence after which an executor is no longer counted on. Default: 30,000. */
  readonly leaseMs?: number
  /** How long a call waits for somebody to run it. Default: 60,000. */
  readonly offerTimeoutMs?: number
  /**
   * How long a silent executor may still hand in its result; a server at most for a lease. Default: 60,000, or a day
   * with a durable store.
   */
  readonly orphanTimeoutMs?: number
  /** How long a cancelled handler may take to hand back what it has. Default: 5,000. */
  readonly cancelGraceMs?: number
  /** How long a question to a person stays open. Default: 600,000. */
  readonly approvalTimeoutMs?: number
  /** Runs of an idempotent tool at the most, when executors are lost. Default: 3. */
  readonly maxAttempts?: number
}

export interface ToolServer {
  /** Answers a request of `httpTransport`; mount it wherever requests are answered. */
  readonly fetch: (request: Request) => Promise<Response>
  /** Serves a link, or every link of a listener, on behalf of `principal`. Returns how to stop listening. */
  accept(source: Connection | Listener, principal: Principal): () => void
  /**
   * Who asks for a socket, as in the `upgrade` event of Node: origin, host and `authenticate`, as for `fetch`.
   * `null` refuses; then answer 403 and do not upgrade.
   */
  authorize(request: Request | NodeRequestHead): Promise<Principal | null>
  /** Runs one turn without a client. */
  run(options: RunOptions): Run
  /** What is known at this moment; of the store, how it answered last. */
  health(): Health
  /** Asks the store first. Never rejects. */
  checkHealth(): Promise<Health>
  /** Says goodbye to every client and stops all work here. What is stored can be resumed elsewhere. */
  close(): Promise<void>
}

/** Puts a model, tools and a store together. Every conversation lives in the store; the server only serves it. */
export function createToolServer(options: ToolServerOptions): ToolServer {
  const world = options.world ?? systemWorld
  const book = new HealthBook(options.store ?? memoryStore(), world)
  const tools =
    options.tools instanceof ToolRegistry ? options.tools : new ToolRegistry(options.tools)
  const policy = policyOf(options, book.store)
  const trust = trustOf(options)
  const { paged, release } = withPages(tools)
  const { onError = systemLog } = options
  const toolFor = (call: Pick<Call, 'toolName' | 'toolHash'>): AnyTool | null =>
    toolOf(call, tools, trust)
  const redact = createRedact(options.redact)
  const context = { redact, toolOf: toolFor, world, onError }
  const { trail, writer } = auditOf(options, context)
  const nodeId = nodePrefix + world.randomId()
  const { observation, onCircuit } = watchOf(options, { ...context, book, nodeId })
  const fleet = Fleet.over(options.broker, { nodeId, world, onError, leaseMs: policy.leaseMs })
  const guards = guardsOf(options, { world, onCircuit, fleet })
  const hub = new Hub({
    ...takenOver({ ...options, onError }),
    ...trust,
    nodeId,
    store: book.store,
    world,
    tools: paged,
    toolCheck: new ToolCheck(),
    guards,
    redact,
    toolOf: toolFor,
    audit: trail,
    observation,
    fleet,
  })
  const grants = new ClientGrants({ guards, toolOf: toolFor, observation, onError })
  const links = new Links({ hub, tools, policy, trust, grants, audit: trail, onError })
  const runs = new Set<RunFollower>()
  const gate = gateOf(options, (error) => links.report(error))
  const health = (): Health => book.health(factsOf({ hub, links, guards, fleet }))
  const checkHealth = (): Promise<Health> => book.ping().then(health)

  return {
    fetch: createFetch({ links, ...gate, healthAccess: options.healthAccess, checkHealth }),
    authorize: (request) => authorize(request, gate),
    accept: (source, principal) => accept(source, links, () => checkPrincipal(principal, options)),
    run(run) {
      const follower = startRun(run, { hub, policy, check: (who) => checkPrincipal(who, options) })
      runs.add(follower)
      follower.result.catch(() => {}).finally(() => runs.delete(follower))
      return follower
    },
    health,
    checkHealth,
    async close() {
      release()
      links.close()
      for (const run of runs) run.fail(closedServer())
      await hub.close()
      await writer?.close()
    },
  }
}

/** Serves a link, or every link of a listener. */
function accept(
  source: Connection | Listener,
  links: Links,
  check: () => Promise<Principal>,
): () => void {
  const serve = (connection: Connection): void => links.admit(connection, check())
  if ('listen' in source) return source.listen(serve)
  serve(source)
  return () => source.close()
}

/** What the engine needs of the options, with nothing left open. */
function takenOver(
  options: ToolServerOptions,
): EngineHooks &
  Pick<
    EngineOptions,
    | 'selectModel'
    | 'modelRetry'
    | 'modelIdleTimeoutMs'
    | 'system'
    | 'toolChoice'
    | 'stopWhen'
    | 'defaultTimeoutMs'
    | 'context'
    | 'repair'
  > {
  const { limits = {}, system, toolChoice, context } = options
  return {
    ...hooksOf(options),
    selectModel: modelChoice(options),
    modelRetry: { ...defaultModelRetry, ...options.modelRetry },
    modelIdleTimeoutMs: limits.modelIdleTimeoutMs ?? defaultLimits.modelIdleTimeoutMs,
    system,
    toolChoice,
    stopWhen: [options.stopWhen ?? []].flat(),
    defaultTimeoutMs: limits.timeoutMs ?? defaultLimits.timeoutMs,
    context,
    repair: repairOf(options.repair),
  }
}

function hooksOf({
  onStep,
  onFinish,
  onEvent,
  onError,
  messageMetadata,
}: EngineHooks): EngineHooks {
  return {
    ...(onStep && { onStep }),
    ...(onFinish && { onFinish }),
    ...(onEvent && { onEvent }),
    ...(onError && { onError }),
    ...(messageMetadata && { messageMetadata }),
  }
}

function modelChoice({
  model,
  selectModel,
}: ToolServerOptions): (turn: TurnView) => ModelChoice | Promise<ModelChoice> {
  if (selectModel) return selectModel
  if (model && [model].flat().length > 0) return () => model
  throw new ToolwireError('INVALID_OPTIONS', 'createToolServer needs a `model` or `selectModel`.', {
    hint: "For example `model: openaiChat({ model: 'gpt-5' })` from toolwire/models/openai-chat.",
  })
}

// Adapters repeat what does not begin to answer; this is for an answer that broke before anything was shown.
const defaultModelRetry: Required<ModelRetry> = {
  attempts: 2,
  minDelayMs: 500,
  maxDelayMs: 8_000,
}

const defaultLimits: Required<Omit<Limits, keyof GuardLimits>> = {
  timeoutMs: 120_000,
  modelIdleTimeoutMs: 600_000,
  leaseMs: 30_000,
  offerTimeoutMs: 60_000,
  orphanTimeoutMs: 60_000,
  cancelGraceMs: 5_000,
  approvalTimeoutMs: 600_000,
  maxAttempts: 3,
}

const dayMs = 24 * 60 * 60 * 1_000

const defaultBudgets: Required<Omit<Budgets, 'maxConversationTokens'>> = {
  maxCalls: 100,
  maxTokens: Number.MAX_SAFE_INTEGER,
  maxRepeats: 5,
}

function policyOf(options: ToolServerOptions, { durability }: Store): TurnPolicy {
  const given = { ...defaultLimits, ...options.limits }
  return {
    maxSteps: options.maxSteps ?? 20,
    ...defaultBudgets,
    ...options.budgets,
    leaseMs: given.leaseMs,
    offerTimeoutMs: given.offerTimeoutMs,
    orphanTimeoutMs: given.orphanTimeoutMs,
    cancelGraceMs: given.cancelGraceMs,
    approvalTimeoutMs: given.approvalTimeoutMs,
    maxAttempts: given.maxAttempts,
    assign: options.assign ?? 'initiator',
    // What a durable store keeps is worth waiting for.
    ...(durability === 'durable' &&
      options.limits?.orphanTimeoutMs === undefined && { orphanTimeoutMs: dayMs }),
  }
}
