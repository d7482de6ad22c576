import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { FileHost, LiveHost } from './hosts.ts'
import { toolSuite } from './suite.ts'

describe('the tools of a page over a file', () => {
  const host = new FileHost()
  toolSuite(() => host)
})

describe('the tools of a page over a live document', () => {
  let host: LiveHost
  beforeAll(async () => {
    host = await LiveHost.start()
  })
  beforeEach(({ skip }) => host.skipWithout(skip))
  afterAll(() => host.close())
  toolSuite(() => host)
})
