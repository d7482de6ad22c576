// Every adapter passes the suite that adapters of others are held to.
import { describe, test } from 'vitest'
import { modelSuite } from '../../src/testing/index.ts'
import { chat, claude, command, google, llama, responses } from './model-suite-streams.ts'

const adapters = [chat(), responses(), claude(), google(), llama(), command()]

describe.each(adapters)('$name', (options) => {
  test.each(modelSuite(options))('$name', ({ run }) => run())
})
