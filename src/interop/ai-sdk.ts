export { fromLanguageModel } from './ai-sdk/from-language-model.ts'
export type { LanguageModelOptions, LanguageModelSettings } from './ai-sdk/from-language-model.ts'
export type { AnyLanguageModel } from './ai-sdk/older-versions.ts'
export { toLanguageModel } from './ai-sdk/to-language-model.ts'
