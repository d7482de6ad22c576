import { type ToolClient, createToolClient } from '../../src/client/index.ts'
import { type ToolServer, createToolServer } from '../../src/server/index.ts'
import type { LedgerEntry } from '../../src/ports/index.ts'
import { Freezer } from '../client/freezer.ts'
import { Origin, Realm } from '../client/realm.ts'
import { Chance } from './chance.ts'
import { type Actor, Crash, type CrashPoint } from './crash.ts'
import { type FaultKind, Faults, faultKinds } from './faults.ts'
import { journalAtMostMs } from './invariants.ts'
import type { Race } from './races.ts'
import { SimClock } from './sim-clock.ts'
import { simModel } from './sim-model.ts'
import { SimStore } from './sim-store.ts'
import { type HandlerLog, toolsAt } from './sim-tools.ts'
import { SimWire } from './sim-wire.ts'
import { Stranger } from './stranger.ts'
import { Witness } from './witness.ts'

/** What a run is made of; it says all that is needed to see it again. */
export interface SimTask {
  readonly seed: number
  readonly without?: ReadonlySet<FaultKind>
  /** Nothing goes wrong but this one crash. */
  readonly crash?: CrashPoint
}

export interface SimOptions extends SimTask {
  /** Hears everything that happens, for a person to read. */
  readonly trace?: (line: string) => void
}

export interface SimResult {
  readonly violations: readonly string[]
  readonly faults: ReadonlyMap<string, number>
  readonly kinds: readonly FaultKind[]
  readonly outcomes: ReadonlyMap<string, number>
  readonly races: ReadonlyMap<Race, number>
  /** How many steps outside of themselves the actors took. */
  readonly steps: Readonly<Record<Actor, number>>
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
  readonly wireOfStranger: SimWire
  readonly freezer: Freezer
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
  readonly #origin: Origin
  readonly #witness: Witness
  readonly #stranger: Stranger
  readonly #crash: Crash
  readonly #trace: (line: string) => void
  readonly #isTraced: boolean
  readonly #nodes: Node[] = []
  #tabs: Tab[] = []

  constructor({ seed, without, crash, trace = () => {} }: SimOptions) {
    this.#isTraced = trace.length > 0
    this.#trace = (line) => trace(`${String(this.#clock.now).padStart(7)} ${line}`)
    this.#chance = new Chance(seed)
    this.#faults = new Faults(this.#chance, crash ? everyFault : without)
    this.#clock = new SimClock(this.#chance)
    this.#witness = new Witness(this.#trace)
    this.#stranger = new Stranger(this.#clock, this.#chance, (line) => this.#witness.report(line))
    this.#crash = new Crash(crash)
    this.#store = new SimStore(this.#clock, this.#faults, (events) => this.#witness.stored(events))
    this.#origin = new Origin(() => this.#journalLatency())
  }

  async run(): Promise<void> {
    const nodes = this.#chance.between(1, 2)
    for (let n = 0; n < nodes; n++) this.#startNode()
    const tabs = this.#chance.between(1, 3)
    for (let n = 0; n < tabs; n++) this.#openTab(new Realm(this.#origin, this.#worldOfTab()))
    await this.#storm()
    await this.#calm()
    // Whoever crashed at the last moment comes back.
    this.#crash.end()
    await this.#clock.pass(5_000)
    this.#checkViews()
    this.#close()
    await this.#clock.pass(120_000)
    if (this.#clock.pending > 0) this.#witness.report(`${this.#clock.pending} timers are left`)
  }

  result(): SimResult {
    const outcomes = new Map<string, number>()
    for (const [kind, race] of racesByFault)
      if (this.#faults.counts.has(kind)) this.#witness.races.count(race)
    for (const event of this.#store.log)
      if (event.type === 'call-settled')
        outcomes.set(event.state, (outcomes.get(event.state) ?? 0) + 1)
    return {
      violations: this.#witness.violations,
      races: this.#witness.races.counts,
      steps: this.#crash.steps,
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
    for (const { realm } of this.#tabs) realm.freezer.thaw()
    for (const { freezer } of this.#nodes) freezer.thaw()
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
      freezer: new Freezer(),
      wire: this.#wire(),
      wireOfStranger: this.#wireOfStranger(),
      // Set right below; the closures need the node itself.
      server: undefined as never,
    }
    const isDead = (): boolean => node.diedAt < Infinity
    const world = node.freezer.world(this.#clock.world(isDead))
    const die = (): void => this.#killNode(node, 1_000)
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
      store: this.#store.of(isDead, node.freezer, {
        before: () => this.#crash.before('node', die),
        after: () => this.#crash.after('node', die),
      }),
      model: simModel(this.#clock, (violation) => this.#witness.report(violation)),
      tools,
      limits: { orphanTimeoutMs: 300_000 },
      onError: ({ error }) => this.#trace(`node error ${String(error)}`),
    })
    Object.assign(node, { server })
    server.accept(node.wire, { id: 'me' })
    server.accept(node.wireOfStranger, { id: 'them' })
    this.#nodes.push(node)
  }

  #wire(): SimWire {
    return new SimWire(this.#nodes.length, this.#clock, this.#faults, {
      frame: (direction, frame, link) => {
        if (this.#isTraced)
          this.#trace(
            `${link.clientId.slice(0, 8)} ${direction} ${JSON.stringify(frame).slice(0, 300)}`,
          )
        this.#witness[direction](frame, link)
        if (direction === 'up') this.#stranger.overhear(frame)
      },
      unnoticed: (clientId) => {
        // A tab that is frozen notices nothing.
        if (!this.#faults.kinds.includes('tabFrozen'))
          this.#witness.report(`R9: ${clientId} takes a dead stream for alive`)
      },
      flooded: (clientId) => this.#witness.report(`I12: ${clientId} does not read, and is flooded`),
    })
  }

  #wireOfStranger(): SimWire {
    return new SimWire(this.#nodes.length, this.#clock, this.#faults, {
      frame: (direction, frame) => {
        if (direction === 'down') this.#stranger.hears(frame)
      },
      unnoticed() {},
      flooded: () => this.#witness.report('I12: a stranger is flooded'),
    })
  }

  async #journalLatency(): Promise<void> {
    if (this.#faults.happens('journalSlow'))
      await this.#clock.sleep(this.#chance.between(10, journalAtMostMs))
  }

  #worldOfTab(): ReturnType<SimClock['world']> {
    return this.#clock.world(() => false)
  }

  #openTab(realm: Realm): void {
    const crash = (): void => this.#crashTab(realm)
    realm.onStep = () => this.#crash.before('tab', crash)
    realm.onStepDone = () => this.#crash.after('tab', crash)
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
        if (!isDead()) this.#witness.begun({ callId, attempt, at: this.#clock.now, diedAt })
      },
      ended: (callId, value) => {
        if (!isDead()) this.#witness.ended({ callId, value, at: this.#clock.now })
      },
    }
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
    if (does('tabFrozen')) this.#freeze(realm.freezer, 120_000)
    if (does('tabDuplicated') && this.#tabs.length < 4) {
      this.#witness.races.count(17)
      this.#openTab(realm.duplicate())
    }
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
    if (!node) return
    // Before that, whoever guesses the id of a conversation may open it.
    const isOpened = this.#witness.state.ownerId !== null
    if (this.#faults.happens('strangerMeddles') && isOpened)
      this.#stranger.meddle(node.wireOfStranger).catch(() => {
        // Nobody answers.
      })
    if (this.#faults.happens('nodePaused')) {
      this.#witness.races.count(22)
      this.#freeze(node.freezer, 60_000)
    }
    if (this.#faults.happens('nodeKilled')) this.#killNode(node, this.#chance.between(100, 40_000))
  }

  #killNode(node: Node, awayMs: number): void {
    this.#trace('node killed')
    node.diedAt = this.#clock.now
    node.wire.down()
    node.wireOfStranger.down()
    this.#clock.after(awayMs, () => this.#startNode())
  }

  #freeze(freezer: Freezer, atMostMs: number): void {
    freezer.freeze()
    this.#clock.after(this.#chance.between(1_000, atMostMs), () => freezer.thaw())
  }

  #endTab(tab: Tab, how: string): void {
    this.#trace(`tab ${how}`)
    const { realm } = tab
    this.#witness.died(realm.clientId, [...this.#origin.stored.values()].filter(isEntry))
    realm.kill()
    this.#tabs = this.#tabs.filter((other) => other !== tab)
    if (this.#tabs.length === 0) this.#witness.races.count(30)
  }

  /** It dies in the middle of a step, and is opened again a moment later. */
  #crashTab(realm: Realm): void {
    realm.kill()
    this.#clock.after(1_000, () => {
      const tab = this.#tabs.find((other) => other.realm === realm)
      if (tab) this.#endTab(tab, 'crashed')
      this.#openTab(realm.reload())
    })
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
    const { state } = this.#witness
    if (state.turn)
      this.#witness.report(`I3: a turn is still running: ${JSON.stringify(state.turn.calls)}`)
    const wanted = JSON.stringify(state.messages)
    for (const { client } of this.#tabs) {
      const { messages, connection, status } = client.getSnapshot()
      if (connection !== 'open') this.#witness.report(`I5: a client is "${connection}"`)
      if (JSON.stringify(messages) !== wanted)
        this.#witness.report(
          `I5: a client shows ${JSON.stringify(messages)}, not ${wanted} (${status})`,
        )
    }
  }

  #close(): void {
    for (const { client } of this.#tabs) client.close()
    for (const node of this.#nodes) if (isAlive(node)) void node.server.close()
  }
}

/** Races that a fault is by itself. */
const racesByFault = [
  ['answerLost', 20],
  ['hintLost', 23],
  ['streamDead', 24],
  ['upDead', 25],
] as const satisfies readonly (readonly [FaultKind, Race])[]

const everyFault: ReadonlySet<FaultKind> = new Set(Object.keys(faultKinds) as FaultKind[])

function isEntry(value: unknown): value is LedgerEntry {
  return typeof value === 'object' && value !== null && 'argsHash' in value
}

function isAlive({ diedAt }: Node): boolean {
  return diedAt === Infinity
}

/** The realm's way to whichever node answers now. */
function balanced(realm: Realm, wire: () => SimWire): ReturnType<Realm['reach']> {
  return realm.reach({ name: 'sim', connect: (hello, signal) => wire().connect(hello, signal) })
}
