import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Validator } from '@cfworker/json-schema'
import { isToolwireError } from '../../src/base/index.ts'
import { jsonSchema } from '../../src/tools/json-schema.ts'

/** The suite of json-schema.org, beside the repository. */
const suite = path.resolve(import.meta.dirname, '../../../shared/material/json-schema-test-suite')
export const hasSuite: boolean = existsSync(suite)

/** One test: a schema, a value, and whether it is valid. */
export interface SuiteTest {
  readonly file: string
  readonly description: string
  readonly schema: object | boolean
  readonly value: unknown
  readonly valid: boolean
}

export type Outcome =
  | 'right'
  | 'value wrongly accepted'
  | 'value wrongly refused'
  | 'schema refused'
  | 'threw'

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))

interface Draft {
  readonly folder: string
  readonly name: '2020-12' | '7'
  readonly uri: string
}

export const drafts: readonly Draft[] = [
  {
    folder: 'draft2020-12',
    name: '2020-12',
    uri: 'https://json-schema.org/draft/2020-12/schema',
  },
  { folder: 'draft7', name: '7', uri: 'http://json-schema.org/draft-07/schema#' },
]

/** The required tests of a draft; those in `optional/` are not. */
export function testsOf({ folder }: Draft): readonly SuiteTest[] {
  interface Group {
    readonly description: string
    readonly schema: object | boolean
    readonly tests: readonly { description: string; data: unknown; valid: boolean }[]
  }
  return globSync(path.join(suite, 'tests', folder, '*.json'))
    .toSorted()
    .flatMap((file) =>
      (read(file) as Group[]).flatMap(({ description, schema, tests }) =>
        tests.map((test) => ({
          file: path.basename(file),
          description: `${description}: ${test.description}`,
          schema,
          value: test.data,
          valid: test.valid,
        })),
      ),
    )
}

/** The documents that the suite serves at localhost:1234, by URL. */
export function remotesOf({ folder }: Draft): Readonly<Record<string, object>> {
  const root = path.join(suite, 'remotes')
  const others = /^(?:draft|v1)/
  const entries = globSync('**/*.json', { cwd: root })
    .filter((file) => !others.test(file) || file.startsWith(`${folder}/`))
    .map((file) => [`http://localhost:1234/${file}`, read(path.join(root, file)) as object])
  return Object.fromEntries(entries) as Record<string, object>
}

/** What the library says by itself. */
export function alone(
  test: SuiteTest,
  draft: Draft,
  remotes: Readonly<Record<string, object>>,
): Outcome {
  try {
    const validator = new Validator(structuredClone(test.schema) as object, draft.name, false)
    for (const [url, schema] of Object.entries(remotes))
      validator.addSchema(structuredClone(schema), url)
    return outcome(validator.validate(test.value).valid, test)
  } catch {
    return 'threw'
  }
}

/** What `jsonSchema` says; the schema names its draft, and comes with the documents that it refers to. */
export async function ours(
  test: SuiteTest,
  draft: Draft,
  remotes: Readonly<Record<string, object>>,
): Promise<Outcome> {
  const schema =
    typeof test.schema === 'object' ? { $schema: draft.uri, ...test.schema } : test.schema
  try {
    const schemas = referredTo(schema, remotes)
    const { issues } = await jsonSchema(schema, { schemas })['~standard'].validate(test.value)
    return outcome(!issues, test)
  } catch (error) {
    return isToolwireError(error) && error.code === 'INVALID_SCHEMA' ? 'schema refused' : 'threw'
  }
}

function outcome(accepted: boolean, { valid }: SuiteTest): Outcome {
  if (accepted === valid) return 'right'
  return accepted ? 'value wrongly accepted' : 'value wrongly refused'
}

/** The remote documents that a schema names, directly or through another. */
function referredTo(
  schema: object | boolean,
  remotes: Readonly<Record<string, object>>,
  found: Record<string, object> = {},
): Record<string, object> {
  const references = JSON.stringify(schema).matchAll(/"\$(?:ref|id|dynamicRef)":"([^"#]+)/g)
  const names = [...references].map(([, reference = '']) => path.basename(reference))
  for (const [url, document] of Object.entries(remotes))
    if (!found[url] && names.includes(path.basename(url))) {
      found[url] = document
      referredTo(document, remotes, found)
    }
  return found
}
