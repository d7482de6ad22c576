import { type ToolClient, createToolClient } from '../../src/client/index.ts'
import type { ConversationEvent } from '../../src/protocol/index.ts'
import { type ToolServer, createToolServer } from '../../src/server/index.ts'
import { emptyConversation, evolve, findCall, isLegal, isSettled } from '../../src/turn/index.ts'
import { Origin, Realm } from '../client/realm.ts'
import { Chance } from './chance.ts'
import { type FaultKind, Faults } from './faults.ts'
import { type Evidence, violationsOf } from './invariants.ts'
import { SimClock } from './sim-clock.ts'
import { simModel } from './sim-model.ts'
import { SimStore } from './sim-store.ts'
import { type HandlerLog, toolsAt } from './sim-tools.ts'
import { SimWire } from './sim-wire.ts'

export interface SimOptions {
  readonly seed: number
  readonly without?: ReadonlySet<FaultKind>
  /** Hears everything that happens, for a person to read. */
  readonly trace?: (line: string) => void
}

export interface SimResult {
  readonly violations: readonly string[]
  readonly faults: ReadonlyMap<string, number>
  readonly kinds: readonly FaultKind[]
  readonly outcomes: ReadonlyMap<string, number>
  readonly events: number
}

/** While things go wrong, and how long everything has to come to rest afterwards. */
const stormMs = 60_000
const calmMs = 1_200_000
const conversationId = 'talk'

/** One run of the production code in a world that goes wrong at random. The same seed is the same run. */
export async function simulate(options: SimOptions): Promise<SimResult> {
  const simulation = new Simulation(options)
  await simulation.run()
  return simulation.result()
}

interface Node {
  readonly server: ToolServer
  readonly wire: SimWire
  diedAt: number
}

interface Tab {
  readonly realm: Realm
  readonly client: ToolClient
  readonly wire: SimWire
}

class Simulation {
  readonly #chance: Chance
  readonly #faults: Faults
  readonly #clock: SimClock
  readonly #store: SimStore
  readonly #origin = new Origin()
  readonly #trace: (line: string) => void
  readonly #isTraced: boolean
  readonly #violations: string[] = []
  readonly #evidence: Evidence = { begins: [], ends: [], cancelled: new Set() }
  readonly #nodes: Node[] = []
  #tabs: Tab[] = []

  constructor({ seed, without, trace = () => {} }: SimOptions) {
    this.#isTraced = trace.length > 0
    this.#chance = new Chance(seed)
    this.#faults = new Faults(this.#chance, without)
    this.#clock = new SimClock(this.#chance)
    this.#store = new SimStore(this.#clock, this.#faults)
    this.#trace = (line) => trace(`${String(this.#clock.now).padStart(7)} ${line}`)
  }

  async run(): Promise<void> {
    const nodes = this.#chance.between(1, 2)
    for (let n = 0; n < nodes; n++) this.#startNode()
    const tabs = this.#chance.between(1, 3)
    for (let n = 0; n < tabs; n++) this.#openTab(new Realm(this.#origin, this.#worldOfTab()))
    await this.#storm()
    await this.#calm()
    this.#checkViews()
    this.#close()
    await this.#clock.pass(120_000)
    if (this.#clock.pending > 0) this.#report(`${this.#clock.pending} timers are left`)
  }

  result(): SimResult {
    const outcomes = new Map<string, number>()
    for (const event of this.#store.log)
      if (event.type === 'call-settled')
        outcomes.set(event.state, (outcomes.get(event.state) ?? 0) + 1)
    return {
      violations: [...this.#violations, ...violationsOf(this.#store.log, this.#evidence)],
      faults: this.#faults.counts,
      kinds: this.#faults.kinds,
      outcomes,
      events: this.#store.log.length,
    }
  }

  async #storm(): Promise<void> {
    while (this.#clock.now < stormMs) {
      await this.#clock.pass(this.#chance.between(50, 2_000))
      if (this.#chance.happens(0.15)) this.#say()
      this.#misbehave()
      this.#decide()
    }
  }

  async #calm(): Promise<void> {
    this.#trace('calm')
    this.#faults.end()
    if (this.#nodes.every((node) => !isAlive(node))) this.#startNode()
    // Half a stream stays dead until somebody notices; a closed browser is opened again.
    if (this.#tabs.length === 0) this.#openTab(new Realm(this.#origin, this.#worldOfTab()))
    let quietTimes = 0
    for (let n = 0; n < calmMs / 30_000 && quietTimes < 3; n++) {
      const before = this.#store.log.length
      await this.#clock.pass(30_000)
      this.#decide()
      const isOver = this.#store.log.at(-1)?.type === 'turn-finished'
      quietTimes = isOver && this.#store.log.length === before ? quietTimes + 1 : 0
    }
  }

  #startNode(): void {
    const node: Node = {
      diedAt: Infinity,
      wire: new SimWire(this.#clock, this.#faults, (direction, frame, clientId) =>
        this.#frame(direction, frame, clientId),
      ),
      // Set right below; the closures need the node itself.
      server: undefined as never,
    }
    const isDead = (): boolean => node.diedAt < Infinity
    const world = this.#clock.world(isDead)
    const place = {
      world,
      get isDead() {
        return isDead()
      },
    }
    const tools = toolsAt(
      place,
      this.#clock,
      this.#handlerLog(() => node.diedAt),
    ).map((tool) => (tool.name === 'onServer' ? tool : tool.withoutExecute()))
    const server = createToolServer({
      world,
      store: this.#store.of(isDead),
      model: simModel(this.#clock, (violation) => this.#report(violation)),
      tools,
      limits: { orphanTimeoutMs: 300_000 },
      onError: ({ error }) => this.#trace(`node error ${String(error)}`),
    })
    Object.assign(node, { server })
    server.accept(node.wire, { id: 'me' })
    this.#nodes.push(node)
  }

  #worldOfTab(): ReturnType<SimClock['world']> {
    return this.#clock.world(() => false)
  }

  #openTab(realm: Realm): void {
    const living = this.#nodes.filter(isAlive)
    const { wire } = this.#chance.pick((living.length > 0 ? living : this.#nodes) as [Node])
    const { world } = realm
    const place = { world, isDead: false }
    const client = createToolClient({
      world,
      ledger: realm.ledger,
      transport: { ...balanced(realm, () => this.#reachable(wire)), beatMs: wire.beatMs },
      tools: toolsAt(
        place,
        this.#clock,
        this.#handlerLog(() => realm.diedAt),
      ).filter(({ name }) => name !== 'onServer'),
      conversationId,
      onError: ({ error }) => this.#trace(`tab error ${String(error)}`),
    })
    this.#tabs.push({ realm, client, wire })
  }

  /** A balancer in front of the nodes: where the first is gone, another answers. */
  #reachable(wire: SimWire): SimWire {
    const own = this.#nodes.find((node) => node.wire === wire && isAlive(node))
    const others = this.#nodes.filter(isAlive)
    return (own ?? others[this.#chance.between(0, Math.max(0, others.length - 1))])?.wire ?? wire
  }

  #handlerLog(diedAt: () => number): HandlerLog {
    const isDead = (): boolean => diedAt() < Infinity
    return {
      begun: (callId, attempt) => {
        if (isDead()) return
        this.#trace(`begin ${callId.slice(0, 8)} attempt ${attempt}`)
        const state = this.#store.log.reduce(evolve, emptyConversation)
        const call = findCall(state, callId)
        const isOver = !call || isSettled(call)
        this.#evidence.begins.push({ callId, attempt, diedAt, isOver })
      },
      ended: (callId, value) => {
        if (!isDead()) this.#evidence.ends.push({ callId, value, at: this.#clock.now })
      },
    }
  }

  #frame(direction: 'up' | 'down', frame: unknown, clientId: string): void {
    if (this.#isTraced)
      this.#trace(`${clientId.slice(0, 8)} ${direction} ${JSON.stringify(frame).slice(0, 300)}`)
    if (direction === 'down') this.#checkReply(frame)
  }

  /** What is acknowledged is in the store. */
  #checkReply(frame: unknown): void {
    const { k, c = '', st } = frame as { k: string; c?: string; st?: string }
    if (k !== 'r' || st !== 'accepted') return
    const [type = '', id = ''] = c.split(':')
    const has = (test: (event: ConversationEvent) => boolean): boolean => this.#store.log.some(test)
    if (type === 'result' && !has((e) => e.type === 'call-settled' && e.callId === id))
      this.#report(`I9: the result of ${id} was acknowledged and is not stored`)
    if (type === 'send' && !has((e) => 'message' in e && e.message.id === id))
      this.#report(`I9: the message ${id} was acknowledged and is not stored`)
    if (type === 'cancel') this.#checkCancel(id)
  }

  /** A cancel that is acknowledged has ended the call, or told its holder. */
  #checkCancel(callId: string): void {
    const call = findCall(this.#store.log.reduce(evolve, emptyConversation), callId)
    if (!call || isSettled(call)) return
    this.#evidence.cancelled.add(callId)
    const isTold = call.phase.state === 'executing' && call.phase.cancelUntil !== null
    if (!isTold) this.#report(`I11: ${callId} was cancelled and is "${call.phase.state}"`)
  }

  #say(): void {
    const tab = this.#anyTab()
    tab?.client.send('Go.').catch(() => {
      // A tab that is closed meanwhile sends nothing; whether it arrived is the log's to say.
    })
  }

  #misbehave(): void {
    const tab = this.#anyTab()
    if (tab) this.#misbehaveIn(tab)
    if (this.#tabs.length === 0 && this.#chance.happens(0.2))
      this.#openTab(new Realm(this.#origin, this.#worldOfTab()))
    this.#misbehaveNode()
  }

  #misbehaveIn(tab: Tab): void {
    const { client, realm } = tab
    const does = (kind: FaultKind): boolean => this.#faults.happens(kind)
    const [call] = client.getSnapshot().calls.slice(-1)
    if (call && does('cancelled')) client.cancel(call.toolCallId).catch(() => {})
    if (does('stopped')) client.stop().catch(() => {})
    if (does('tabDuplicated') && this.#tabs.length < 4) this.#openTab(realm.duplicate())
    if (does('tabKilled')) return this.#endTab(tab, 'killed')
    if (does('tabReloaded')) {
      this.#endTab(tab, 'reloaded')
      return this.#openTab(realm.reload())
    }
    if (!does('tabClosed') || this.#tabs.length === 1) return
    client.close()
    this.#endTab(tab, 'closed')
  }

  #misbehaveNode(): void {
    const [node] = this.#nodes.filter(isAlive)
    if (!node || !this.#faults.happens('nodeKilled')) return
    this.#trace('node killed')
    node.diedAt = this.#clock.now
    node.wire.down()
    this.#clock.after(this.#chance.between(100, 40_000), () => this.#startNode())
  }

  #endTab(tab: Tab, how: string): void {
    this.#trace(`tab ${how}`)
    tab.realm.kill()
    this.#tabs = this.#tabs.filter((other) => other !== tab)
  }

  /** A person answers what is asked. */
  #decide(): void {
    const tab = this.#anyTab()
    for (const call of tab?.client.getSnapshot().calls ?? [])
      if (tab && call.state === 'approval-requested')
        (this.#chance.happens(0.8)
          ? tab.client.approve(call.toolCallId)
          : tab.client.deny(call.toolCallId)
        ).catch(() => {})
  }

  #anyTab(): Tab | undefined {
    return this.#tabs.length > 0 ? this.#chance.pick(this.#tabs as [Tab]) : undefined
  }

  #checkViews(): void {
    let state = emptyConversation
    for (const event of this.#store.log) {
      if (!isLegal(state, event)) this.#report(`the log has an illegal ${event.type}`)
      state = evolve(state, event)
    }
    if (state.turn) this.#report(`I3: a turn is still running: ${JSON.stringify(state.turn.calls)}`)
    const wanted = JSON.stringify(state.messages)
    for (const { client } of this.#tabs) {
      const { messages, connection, status } = client.getSnapshot()
      if (connection !== 'open') this.#report(`I5: a client is "${connection}"`)
      if (JSON.stringify(messages) !== wanted)
        this.#report(`I5: a client shows ${JSON.stringify(messages)}, not ${wanted} (${status})`)
    }
  }

  #close(): void {
    for (const { client } of this.#tabs) client.close()
    for (const node of this.#nodes) if (isAlive(node)) void node.server.close()
  }

  #report(violation: string): void {
    this.#trace(`VIOLATION ${violation}`)
    this.#violations.push(violation)
  }
}

function isAlive({ diedAt }: Node): boolean {
  return diedAt === Infinity
}

/** The realm's way to whichever node answers now. */
function balanced(realm: Realm, wire: () => SimWire): ReturnType<Realm['reach']> {
  return realm.reach({ name: 'sim', connect: (hello, signal) => wire().connect(hello, signal) })
}
