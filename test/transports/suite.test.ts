import { describe, test } from 'vitest'
import { type TransportSuiteOptions, transportSuite } from '../../src/testing/index.ts'
import { overHttp, overWebSocket } from './network-bench.ts'
import {
  overBroadcast,
  overMemory,
  overPort,
  overRuntimePort,
  overSlowMemory,
} from './port-benches.ts'
import { overRelay, overRelayToSocket } from './relay-bench.ts'

const transports: readonly TransportSuiteOptions[] = [
  { name: 'memory', open: overMemory },
  { name: 'memory for tests', open: overSlowMemory },
  { name: 'http [P67]', open: overHttp, traits: { ordersCommands: false } },
  { name: 'websocket [P68]', open: overWebSocket },
  { name: 'post-message over a port [P69]', open: overPort },
  { name: 'post-message over a broadcast channel [P69]', open: overBroadcast },
  { name: 'runtime-port [P70]', open: overRuntimePort, traits: { tellsCloseFromCut: false } },
  { name: 'relay [P71]', open: overRelay, traits: { tellsCloseFromCut: false } },
  {
    name: 'relay to a websocket [P71]',
    open: overRelayToSocket,
    traits: { tellsCloseFromCut: false },
  },
]

describe.each(transports.map((options) => [options.name, options] as const))(
  '%s [P66]',
  (_, options) => {
    test.each(transportSuite(options))('$name', ({ run }) => run())
  },
)
