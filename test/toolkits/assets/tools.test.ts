// A model works with assets: by the ids of uploads, within rights, with a person asked before anything is deleted.
import { expect, test } from 'vitest'
import type { ScriptStep } from '../../../src/testing/index.ts'
import {
  type AssetLibrary,
  type AssetToolsOptions,
  assetTools,
} from '../../../src/toolkits/assets.ts'
import { type AttackRig, attackRig, isOver, me, untilSnapshot, wires } from '../../attacks/rig.ts'
import { library, stream } from './rig.ts'
import { type Sample, bytes, samples } from './samples.ts'

const all = await samples()
const sample = (name: string): Sample =>
  all.find((one) => one.name === name) ?? { name, type: '', bytes: bytes() }

const receive = async (assets: AssetLibrary, name = 'a.svg'): Promise<string> => {
  const { bytes: content, type } = sample(name)
  return (await assets.receive(me, { name, type, body: stream(content) })).uploadId
}

const call = (toolName: string, input: object): ScriptStep => ({ toolCalls: [{ toolName, input }] })

interface Options extends AssetToolsOptions {
  readonly steps: readonly ScriptStep[]
  readonly rights?: readonly string[]
}

/** A server with the tools, and somebody who may do what `rights` say. */
function rig(
  assets: AssetLibrary,
  { steps, rights = ['assets:read', 'assets:write', 'assets:delete'], ...options }: Options,
): Promise<AttackRig> {
  if (!wires['memory']) throw new Error('There is a wire in memory.')
  return attackRig(wires['memory'], {
    clientTools: [],
    tools: assetTools(assets, options),
    steps: [...steps, { text: 'Done.' }],
    permissions: (_, permission) => rights.includes(permission),
  })
}

const requestOf = ({ model }: AttackRig): string => JSON.stringify(model.requests.at(-1)?.messages)

test('an upload becomes an asset: the model sees its address and none of its bytes, and undo takes it back', async () => {
  const assets = library()
  const uploadId = await receive(assets)
  const one = await rig(assets, { steps: [call('upload_file', { uploadId, alt: 'A logo' })] })
  await one.victim.send(`Use the attached a.svg (uploadId ${uploadId}).`)
  const [made] = (await untilSnapshot(one.victim, isOver)).calls
  expect(made?.output).toMatchObject({ asset: { id: uploadId, alt: 'A logo' }, isNew: true })
  expect(requestOf(one)).toContain((await assets.get(me, uploadId)).url)
  expect(requestOf(one)).not.toMatch(/<svg|base64/)
  await one.victim.undo(made?.toolCallId ?? '')
  expect((await assets.list(me)).assets).toEqual([])
})

test('an upload that is used by now is not taken back', async () => {
  const assets = library()
  const uploadId = await receive(assets)
  const one = await rig(assets, { steps: [call('upload_file', { uploadId })] })
  await one.victim.send('Go.')
  const [made] = (await untilSnapshot(one.victim, isOver)).calls
  await assets.recordUse(me, uploadId, 'page /start')
  await expect(one.victim.undo(made?.toolCallId ?? '')).rejects.toThrow('page /start')
  expect((await assets.get(me, uploadId)).id).toBe(uploadId)
})

test('a refused file tells the model why and what to do', async () => {
  const assets = library()
  const { uploadId } = await assets.receive(me, {
    name: 'a.png',
    type: 'image/png',
    body: stream(bytes('<html><script>')),
  })
  const one = await rig(assets, { steps: [call('upload_file', { uploadId })] })
  await one.victim.send('Go.')
  const [failed] = (await untilSnapshot(one.victim, isOver)).calls
  expect([failed?.state, failed?.errorCode]).toEqual(['output-error', 'type-mismatch'])
  expect(requestOf(one)).toContain('Ask the user to upload it under its right name and type.')
})

test('the list shows what waits, and what there is in short', async () => {
  const assets = library()
  const waiting = await receive(assets, 'a.txt')
  const { asset } = await assets.add(me, { uploadId: await receive(assets) })
  const one = await rig(assets, { steps: [call('list_assets', { kind: 'image' })] })
  await one.victim.send('Go.')
  const [listed] = (await untilSnapshot(one.victim, isOver)).calls
  expect(listed?.output).toEqual({
    assets: [asset],
    waitingUploads: [
      { uploadId: waiting, name: 'a.txt', type: 'text/plain', bytes: sample('a.txt').bytes.length },
    ],
  })
  const shown = /"modelOutput":(.*)/.exec(requestOf(one))?.[1]
  expect(shown).toContain(asset.id)
  expect(shown).not.toContain(asset.url)
})

test('a person is asked before an asset is deleted, and it comes back by undo', async () => {
  const assets = library()
  const { asset } = await assets.add(me, { uploadId: await receive(assets) })
  const one = await rig(assets, { steps: [call('delete_asset', { id: asset.id })] })
  await one.victim.send('Delete it.')
  const asked = await untilSnapshot(
    one.victim,
    ({ calls }) => calls[0]?.state === 'approval-requested',
  )
  expect((await assets.get(me, asset.id)).id).toBe(asset.id)
  const toolCallId = asked.calls[0]?.toolCallId ?? ''
  await one.victim.approve(toolCallId)
  await untilSnapshot(one.victim, isOver)
  expect((await assets.list(me)).assets).toEqual([])
  await one.victim.undo(toolCallId)
  expect((await assets.list(me)).assets).toEqual([asset])
})

test('an asset in use is deleted only when that is asked for, and the model is told the places', async () => {
  const assets = library()
  const { asset } = await assets.add(me, { uploadId: await receive(assets) })
  await assets.recordUse(me, asset.id, 'page /start')
  const { id } = asset
  const one = await rig(assets, {
    approveDelete: ({ force }) => force === true,
    steps: [
      call('get_asset_info', { id }),
      call('delete_asset', { id }),
      call('delete_asset', { id, force: true }),
    ],
  })
  await one.victim.send('Delete it.')
  const { calls } = await untilSnapshot(
    one.victim,
    (snapshot) => snapshot.calls[2]?.state === 'approval-requested',
  )
  expect(calls[0]?.output).toEqual({ ...asset, uses: ['page /start'] })
  expect([calls[1]?.errorCode, calls[1]?.errorText]).toEqual([
    'asset-in-use',
    expect.stringContaining('page /start') as string,
  ])
  await one.victim.approve(calls[2]?.toolCallId ?? '')
  const over = await untilSnapshot(one.victim, isOver)
  expect(over.calls[2]?.output).toEqual({ id, name: 'a.svg', uses: ['page /start'] })
})

test.each([
  ['upload_file', 'assets:write', { uploadId: 'x' }],
  ['list_assets', 'assets:read', {}],
  ['get_asset_info', 'assets:read', { id: 'x' }],
  ['delete_asset', 'assets:delete', { id: 'x' }],
])('%s does not run without the permission %s', async (toolName, permission, input) => {
  const rights = ['assets:read', 'assets:write', 'assets:delete'].filter(
    (one) => one !== permission,
  )
  const one = await rig(library(), { steps: [call(toolName, input)], rights })
  await one.victim.send('Go.')
  const [refused] = (await untilSnapshot(one.victim, isOver)).calls
  expect([refused?.state, refused?.errorText]).toEqual([
    'denied',
    `Not run: the user lacks the permission "${permission}".`,
  ])
})

test('the sixth upload in a minute waits for the next', async () => {
  const assets = library()
  const ids = await Promise.all(Array.from({ length: 6 }, () => receive(assets)))
  const one = await rig(assets, {
    uploadRateLimit: { limit: 5, windowMs: 60_000, by: 'user' },
    steps: ids.map((uploadId) => call('upload_file', { uploadId })),
  })
  await one.victim.send('Go.')
  const { calls } = await untilSnapshot(one.victim, isOver)
  expect(calls.map(({ state }) => state === 'output-available')).toEqual([
    ...Array.from({ length: 5 }, () => true),
    false,
  ])
})

test.each([
  ['upload_file', {}],
  ['upload_file', { uploadId: 1 }],
  ['upload_file', { uploadId: 'x', data: 'iVBORw0KGgo=' }],
  ['upload_file', { uploadId: 'x', url: 'http://169.254.169.254/' }],
  ['upload_file', { uploadId: 'x'.repeat(101) }],
  ['list_assets', { kind: 'program' }],
  ['list_assets', { limit: 0 }],
  ['list_assets', { limit: 1.5 }],
  ['delete_asset', { id: 'x', force: 'yes' }],
  ['delete_asset', { id: 'x', constructor: 1 }],
  ['get_asset_info', []],
])('%s refuses the input %j', async (name, input) => {
  const tool = assetTools(library()).find((one) => one.name === name)
  expect((await tool?.validateInput(input))?.issues).not.toBeUndefined()
})
