import { byId, setText } from '../../shared/element.ts'

/** Light or dark as the system says, until somebody says otherwise. */
export function followTheme(site: Document): void {
  const button = byId('theme', HTMLButtonElement)
  const isDark = matchMedia('(prefers-color-scheme: dark)')
  const show = (): void => {
    const chosen = localStorage.getItem('theme')
    const theme = chosen ?? (isDark.matches ? 'dark' : 'light')
    for (const { documentElement } of [document, site]) documentElement.dataset['theme'] = theme
    setText(button, theme === 'dark' ? '☀' : '☾')
  }
  button.addEventListener('click', () => {
    const isNowDark = document.documentElement.dataset['theme'] === 'dark'
    localStorage.setItem('theme', isNowDark ? 'light' : 'dark')
    show()
  })
  isDark.addEventListener('change', show)
  show()
}
