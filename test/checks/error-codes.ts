import { readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { root } from './entries.ts'

/** The members of the union `ErrorCode` in src/base/errors.ts, in their order. */
export function errorCodes(): readonly string[] {
  const file = path.join(root, 'src/base/errors.ts')
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest)
  const union = source.statements.find(
    (node) => ts.isTypeAliasDeclaration(node) && node.name.text === 'ErrorCode',
  )
  if (!union || !ts.isTypeAliasDeclaration(union) || !ts.isUnionTypeNode(union.type))
    throw new TypeError('src/base/errors.ts has no union type "ErrorCode".')
  return union.type.types.map((member) => {
    if (ts.isLiteralTypeNode(member) && ts.isStringLiteral(member.literal))
      return member.literal.text
    throw new TypeError(`"ErrorCode" has a member that is no string: ${member.getText(source)}`)
  })
}
