import type { NewElement, ElementEdit } from './edits.ts'
import { type PlainSchema, type StandardPlainSchema, plainSchema } from './plain-schema.ts'

export interface EditInput extends ElementEdit {
  readonly target: string
}

export interface CreateInput extends NewElement {
  readonly target: string
}

export interface DeleteInput {
  readonly target: string
  readonly force?: readonly ('children' | 'last')[]
}

export interface ListInput {
  readonly selector?: string
  readonly limit?: number
  readonly cursor?: number
}

const target: PlainSchema = {
  type: 'string',
  maxLength: 500,
  description:
    'The element: a CSS selector that matches only it, or a handle (it begins with "@") from list_elements or get_element_info.',
}
const map = (description: string): PlainSchema => ({
  type: 'object',
  description,
  additionalProperties: { type: ['string', 'null'], maxLength: 10_000 },
})
const content = {
  text: {
    type: 'string',
    maxLength: 200_000,
    description: 'Plain text in place of all that is in the element. Not together with "html".',
  },
  html: {
    type: 'string',
    maxLength: 200_000,
    description:
      'HTML in place of all that is in the element. Scripts, event attributes, frames and addresses that load from elsewhere are taken out.',
  },
  attributes: map('Attributes to set; null removes one. "class" holds all classes.'),
  style: map('Properties of the style attribute to set, by their CSS names; null removes one.'),
} as const satisfies Record<string, PlainSchema>

const edit = { target, ...content }
const object = (
  properties: Readonly<Record<string, PlainSchema>>,
  required: readonly string[] = [],
): PlainSchema => ({ type: 'object', properties, required, additionalProperties: false })

export const modifySchema: StandardPlainSchema<EditInput> = plainSchema(object(edit, ['target']))

export const modifyAllSchema: StandardPlainSchema<{ readonly edits: readonly EditInput[] }> =
  plainSchema(
    object(
      {
        edits: {
          type: 'array',
          minItems: 1,
          maxItems: 50,
          items: object(edit, ['target']),
          description: 'What to change, in order. All of it is done, or nothing.',
        },
      },
      ['edits'],
    ),
  )

export const createSchema: StandardPlainSchema<CreateInput> = plainSchema(
  object(
    {
      target: {
        ...target,
        description: `What the new element is placed by. ${target.description}`,
      },
      position: {
        type: 'string',
        enum: ['before', 'after', 'prepend', 'append'],
        description:
          'Where: "before" or "after" the target, or in it as its first ("prepend") or last ("append", the default) child.',
      },
      tag: {
        type: 'string',
        maxLength: 40,
        description:
          'The tag of the new element, such as "p". Without it, "html" is the whole element.',
      },
      ...content,
    },
    ['target'],
  ),
)

export const deleteSchema: StandardPlainSchema<DeleteInput> = plainSchema(
  object(
    {
      target,
      force: {
        type: 'array',
        maxItems: 2,
        items: { type: 'string', enum: ['children', 'last'] },
        description:
          '"children": also where there are elements in it. "last": also where it is the last of its kind.',
      },
    },
    ['target'],
  ),
)

export const infoSchema: StandardPlainSchema<{ readonly target: string }> = plainSchema(
  object({ target }, ['target']),
)

export const listSchema: StandardPlainSchema<ListInput> = plainSchema(
  object({
    selector: {
      type: 'string',
      maxLength: 500,
      description: 'A CSS selector for what to list. Default: every element.',
    },
    limit: {
      type: 'integer',
      minimum: 1,
      maximum: 100,
      description: 'At most so many. Default: 50.',
    },
    cursor: {
      type: 'integer',
      minimum: 0,
      maximum: 1_000_000,
      description: 'What "next" of the page before says.',
    },
  }),
)

export const selectorSchema: StandardPlainSchema<{ readonly selector: string }> = plainSchema(
  object({ selector: { type: 'string', maxLength: 2_000 } }, ['selector']),
)
