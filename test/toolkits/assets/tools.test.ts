// A model works with assets: by the ids of uploads, within rights, with a person asked before anything is deleted.
import { expect, test } from 'vitest'
import type { ScriptStep } from '../../../src/testing/index.ts'
import { type AssetLibrary, type AssetToolsOptions, assetTools } from '../../../src/toolkits/assets.ts'
import { setup } from '../../server/setup.ts'
import { library, stream } from './rig.ts'
import { type Sample, bytes, samples } from './samples.ts'

const me = { id: 'me' }
const all = await samples()
const sample = (name: string): Sample =>
  all.find((one) => one.name === name) ?? { name, type: '', bytes: bytes() }

const receive = async (assets: AssetLibrary, name = 'a.svg'): Promise<string> => {
  const { bytes: content, type } = sample(name)
  return (await assets.receive(me, { name, type, body: stream(content) })).uploadId
}

const call = (toolName: string, input: object): ScriptStep => ({ toolCalls: [{ toolName, input }] })

const rig = (
  assets: AssetLibrary,
  { steps, ...options }: AssetToolsOptions & { readonly steps: readonly ScriptStep[] },
) =>
  setup({
    steps,
    serverTools: assetTools(assets, options),
    permissions: () => true,
    approvals: { afterUntrusted: false },
  })

test('an upload becomes an asset, and the model sees its address and none of its bytes', async () => {
  const assets = library()
  const uploadId = await receive(assets, 'a.svg')
  const { client, model, say, end } = rig(assets, {
    steps: [call('upload_file', { uploadId, alt: 'A logo' }), { text: 'Done.' }],
  })
  await say(`Use the attached a.svg (uploadId ${uploadId}).`)
  const [made] = client.getSnapshot().calls
  expect(made?.output).toMatchObject({ asset: { id: uploadId, alt: 'A logo' }, isNew: true })
  const request = JSON.stringify(model.requests.at(-1))
  expect(request).toContain((await assets.get(me, uploadId)).url)
  expect(request).not.toMatch(/<svg|base64/)
  await client.undo(made?.toolCallId ?? '')
  expect((await assets.list(me)).assets).toEqual([])
  await end()
})
