import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Validation } from './tool.ts'

/** Checks `value` against `schema`; a validator that throws or gives nonsense is an issue, not a crash. */
export async function validate(
  schema: StandardSchemaV1 | undefined,
  value: unknown,
): Promise<Validation<unknown>> {
  if (!schema) return { value }
  try {
    const result = await schema['~standard'].validate(value)
    if (!result.issues) return { value: result.value }
    return {
      issues: result.issues.map(({ message, path = [] }) => ({
        path: path.map(pointer).join(''),
        message,
      })),
    }
  } catch (error) {
    return { issues: [{ path: '', message: 'The value could not be checked.' }], error }
  }
}

function pointer(segment: PropertyKey | StandardSchemaV1.PathSegment): string {
  const key = typeof segment === 'object' ? segment.key : segment
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}
