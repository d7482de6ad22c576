// What the tools do, whatever the page is.
import { describe, expect, test } from 'vitest'
import type { Bench, Host } from './hosts.ts'
import type { BenchOptions } from './workbench.ts'

export const shop = `<!DOCTYPE html>
<html lang="en">
<head><title>Shop</title><meta name="csrf-token" content="c5rf"></head>
<body class="shop">
<header id="top"><h1 id="hero-title" class="title big">Welcome</h1></header>
<main id="main">
  <section id="offers" class="cards">
    <article id="card-1" class="card"><h2>Tea</h2><p class="price">5</p></article>
    <article id="card-2" class="card"><h2>Coffee</h2><p class="price">7</p></article>
  </section>
  <ul id="links"><li><a href="/a">A</a></li><li><a href="/b">B</a></li></ul>
  <form id="order" action="/order"><input type="hidden" name="csrf" value="s3cret"><input id="amount" type="number" name="amount" value="1"><input id="pw" type="password" name="pw"></form>
  <svg id="icon" viewBox="0 0 10 10"><path d="M0 0h10" fill="red"></path></svg>
  <div id="app"><span id="app-inner">live</span></div>
</main>
<script id="boot">window.booted = true</script>
</body>
</html>
`

export function toolSuite(hostOf: () => Host): void {
  const open = (html = shop, options?: BenchOptions): Promise<Bench> => hostOf().open(html, options)
  /** Does a call, and expects that taking it back leaves the page as it was. */
  const edited = async (bench: Bench, name: string, input: unknown): Promise<string> => {
    const before = await bench.html()
    const { output, message } = await bench.call(name, input)
    expect(message).toBeUndefined()
    const after = await bench.html()
    expect(await bench.undo(output)).toEqual({ output: null })
    expect(await bench.html()).toBe(before)
    expect(after).not.toBe(before)
    return after
  }

  describe('modify_element', () => {
    test('sets text, attributes and style, and is taken back', async () => {
      const after = await edited(await open(), 'modify_element', {
        target: '#hero-title',
        text: 'Tea & <more>',
        attributes: { title: 'A "quote"', class: null },
        style: { color: 'red', '--gap': '4px' },
      })
      expect(after).toContain('Tea &amp; &lt;more&gt;</h1>')
      expect(after).toContain('title="A &quot;quote&quot;"')
      expect(after).toMatch(/style="color: red; --gap: 4px;?"/)
      expect(after).not.toContain('title big')
    })

    test('changes one declaration and leaves the others of the style', async () => {
      const bench = await open(`<p id=a style="margin:0;color:blue;background:url('data:;x')">x`)
      const { output } = await bench.call('modify_element', {
        target: '#a',
        style: { color: 'green', margin: null },
      })
      expect(await bench.html()).toContain(`style="color: green; background: url('data:;x')"`)
      await bench.undo(output)
      expect(await bench.html()).toContain(`style="margin:0;color:blue;background:url('data:;x')"`)
    })

    test('sets HTML, and says what it took out of it', async () => {
      const bench = await open()
      const { output } = await bench.call('modify_element', {
        target: '#card-1',
        html: '<h2 onclick="x()">New <em>tea</em></h2><script>window.__pwned=1</script><img src="/t.png" alt="t">',
      })
      expect(await bench.html()).toContain(
        '<article id="card-1" class="card"><h2>New <em>tea</em></h2><img src="/t.png" alt="t"></article>',
      )
      expect(output.elements[0]?.removed).toEqual([
        expect.stringContaining('onclick of <h2>'),
        '<script>',
      ])
    })

    test.each([
      ['nothing', '#nope', 'not-found'],
      ['several', '.card', 'ambiguous'],
      ['a selector that is none', '#card-1[', 'invalid-selector'],
      ['a handle of nobody', '@1.abc', 'expired'],
    ])('refuses a target of %s', async (_, target, code) => {
      const bench = await open()
      expect(await bench.call('modify_element', { target, text: 'x' })).toMatchObject({ code })
      expect(await bench.html()).toContain('<h2>Tea</h2>')
    })

    test('suggests what was nearly meant', async () => {
      const bench = await open()
      const { message } = await bench.call('modify_element', { target: '#hero-titel', text: 'x' })
      expect(message).toContain('Did you mean "#hero-title"?')
    })

    test('changes nothing where one part of it is refused', async () => {
      const bench = await open()
      const before = await bench.html()
      const answer = await bench.call('modify_element', {
        target: '#hero-title',
        text: 'x',
        attributes: { title: 'y', onclick: 'z' },
      })
      expect(answer).toMatchObject({ code: 'unsafe', message: expect.stringContaining('onclick') })
      expect(await bench.html()).toBe(before)
    })

    test('changes SVG', async () => {
      const after = await edited(await open(), 'modify_element', {
        target: '#icon path',
        attributes: { fill: 'blue', 'stroke-width': '2' },
      })
      expect(after).toContain('fill="blue" stroke-width="2"')
      expect(after).toContain('viewBox')
    })
  })

  describe('modify_elements', () => {
    const edits = [
      { target: '#card-1 h2', text: 'One' },
      { target: '#card-2', style: { display: 'none' } },
      { target: '#links', html: '<li>only</li>' },
    ]

    test('does all of it, and takes back all of it', async () => {
      const after = await edited(await open(), 'modify_elements', { edits })
      expect(after).toContain('<h2>One</h2>')
      expect(after).toContain('<ul id="links"><li>only</li></ul>')
    })

    test.each([
      ['the last is not there', { target: '#nope', text: 'x' }],
      ['the last is not allowed', { target: '#amount', attributes: { onfocus: 'x' } }],
      ['the last is protected', { target: '#pw', attributes: { value: 'x' } }],
    ])('does nothing where %s', async (_, last) => {
      const bench = await open()
      const before = await bench.html()
      const { code } = await bench.call('modify_elements', { edits: [...edits, last] })
      expect(code).toBeTruthy()
      expect(await bench.html()).toBe(before)
    })
  })

  describe('create_element', () => {
    test.each([
      ['before', '<p>x</p><article id="card-2"'],
      ['after', '</article><p>x</p>'],
      ['prepend', 'class="card"><p>x</p><h2>Coffee'],
      ['append', '<p class="price">7</p><p>x</p></article>'],
    ])('puts it %s', async (position, expected) => {
      const input = { target: '#card-2', position, tag: 'p', text: 'x' }
      expect(await edited(await open(), 'create_element', input)).toContain(expected)
    })

    test('makes a whole piece of HTML, and gives handles of what it made', async () => {
      const bench = await open()
      const { output } = await bench.call('create_element', {
        target: '#offers',
        html: '<article class="card"><h2>Milk</h2></article><article class="card">Juice</article>',
      })
      expect(output.elements).toHaveLength(2)
      const [, juice] = output.elements
      await bench.call('modify_element', { target: juice?.handle, text: 'Apple juice' })
      expect(await bench.html()).toContain('<article class="card">Apple juice</article>')
    })

    test.each([
      ['a tag that may not be', { target: '#main', tag: 'iframe' }],
      ['a tag that is none', { target: '#main', tag: 'p onclick=x' }],
      ['a child of what has no children', { target: '#amount', tag: 'b' }],
      ['a row outside a table', { target: '#main', tag: 'tr' }],
      ['nothing', { target: '#main' }],
      ['a second element with an id', { target: '#main', tag: 'p', attributes: { id: 'top' } }],
      ['a sibling of the topmost', { target: 'html', position: 'after', tag: 'p' }],
    ])('refuses %s', async (_, input) => {
      const bench = await open()
      const before = await bench.html()
      const { code } = await bench.call('create_element', input)
      expect(code).toMatch(/^(?:unsafe|protected)$/)
      expect(await bench.html()).toBe(before)
    })
  })

  describe('delete_element', () => {
    test('deletes an element and puts it back', async () => {
      const after = await edited(await open(), 'delete_element', {
        target: '#links li:first-child',
        force: ['children'],
      })
      expect(after).toContain('<ul id="links"><li><a href="/b">')
    })

    test.each([
      ['has children', '#card-1', 'has-children', 'children'],
      ['is the last of its kind', '#hero-title', 'last-of-kind', 'last'],
    ])('refuses one that %s, until it is told to', async (_, target, code, force) => {
      const bench = await open()
      expect(await bench.call('delete_element', { target })).toMatchObject({
        code,
        message: expect.stringContaining(`"force": ["${force}"]`),
      })
      expect((await bench.call('delete_element', { target, force: [force] })).code).toBeUndefined()
      expect(await bench.html()).not.toContain(target.slice(1))
    })

    test('refuses the last item of a list', async () => {
      const bench = await open('<ul id=a><li id=one>x</li></ul><ul><li>y</li></ul>')
      expect(await bench.call('delete_element', { target: '#one' })).toMatchObject({
        code: 'last-of-kind',
      })
    })

    test.each(['#order', '#main', 'body', 'html', '#boot', '#pw'])(
      'refuses %s, which is protected or holds what is',
      async (target) => {
        const bench = await open()
        const before = await bench.html()
        const force = ['children', 'last']
        expect(await bench.call('delete_element', { target, force })).toMatchObject({
          code: 'protected',
        })
        expect(await bench.html()).toBe(before)
      },
    )
  })

  describe('looking', () => {
    test('lists elements with selectors and handles that name them alone', async () => {
      const bench = await open()
      const { output } = await bench.call('list_elements', {})
      for (const { handle, selector, tag } of output.elements) {
        const found = await bench.call('validate_selector', { selector })
        expect(found.output).toMatchObject({
          isValid: true,
          matches: 1,
          elements: [{ handle, tag }],
        })
      }
      expect(output.total).toBe(output.elements.length)
    })

    test('tells of an element what is in it and where it stands', async () => {
      const bench = await open()
      const { output } = await bench.call('get_element_info', { target: '#card-2' })
      expect(output).toMatchObject({
        selector: '#card-2',
        tag: 'article',
        text: 'Coffee7',
        children: 2,
        attributes: { id: 'card-2', class: 'card' },
        elements: [
          { tag: 'h2', text: 'Coffee' },
          { tag: 'p', classes: ['price'] },
        ],
      })
      expect(output.ancestors.slice(0, 2)).toEqual(['#offers', '#main'])
    })

    test('shows no secret of the page', async () => {
      const bench = await open()
      const seen: unknown[] = [await bench.call('list_elements', { limit: 100 })]
      for (const target of ['#pw', '#order', 'meta', '#order input', 'body', '#boot'])
        seen.push(await bench.call('get_element_info', { target }))
      expect(JSON.stringify(seen)).not.toMatch(/s3cret|c5rf|booted/)
    })

    test.each([
      ['#car-1', '#card-1'],
      ['.crad', '.card'],
      ['.hero-title', '#hero-title'],
      ['#Offers', '#offers'],
      ['seciton.cards', 'section.cards'],
      ['#offers > .carb h2', '#offers > .card h2'],
    ])('suggests for %s what was meant', async (selector, expected) => {
      const bench = await open()
      const { output } = await bench.call('validate_selector', { selector })
      expect(output).toMatchObject({ isValid: true, matches: 0 })
      expect(output.suggestions).toContain(expected)
    })

    test.each([
      '',
      'a:not(',
      'a{b}',
      '> p',
      'p >',
      '::before(',
      ':contains("x")',
      'a!=b',
      '#1x',
      '..a',
    ])('says that "%s" is no selector', async (selector) => {
      const bench = await open()
      const { output } = await bench.call('validate_selector', { selector })
      expect(output).toMatchObject({ isValid: false, matches: 0 })
      expect(output.problem).toBeTruthy()
    })

    test.each([
      ['#main > *', 5],
      ['article:nth-of-type(2) .price', 1],
      ['li:has(a[href="/b"])', 1],
      ['.card:not(#card-1)', 1],
      ['h1, h2', 3],
      ['html', 1],
      ['SECTION.cards', 1],
      [':is(h1, .price)', 3],
    ])('finds by %s', async (selector, matches) => {
      const bench = await open()
      const { output } = await bench.call('validate_selector', { selector })
      expect(output).toMatchObject({ isValid: true, matches })
    })

    test('shows a page of 10,000 elements piece by piece', async () => {
      const bench = await open(`<main>${'<p class="x">text</p>'.repeat(10_000)}</main>`)
      const first = await bench.call('list_elements', { selector: 'p' })
      expect(first.output).toMatchObject({ total: 10_000, next: 50 })
      expect(first.output.elements).toHaveLength(50)
      const last = await bench.call('list_elements', { selector: 'p', limit: 100, cursor: 9_950 })
      expect(last.output.elements).toHaveLength(50)
      expect(last.output).not.toHaveProperty('next')
      expect(JSON.stringify(first).length).toBeLessThan(20_000)
      expect(await bench.call('list_elements', { limit: 101 })).toMatchObject({
        code: 'INVALID_INPUT',
      })
      const { output } = await bench.call('get_element_info', { target: 'main' })
      expect(JSON.stringify(output).length).toBeLessThan(10_000)
      const handle = last.output.elements[49]?.handle
      expect(
        (await bench.call('modify_element', { target: handle, text: 'end' })).code,
      ).toBeUndefined()
    }, 120_000)
  })

  describe('handles', () => {
    const handleOf = async (bench: Bench, target: string): Promise<string> =>
      (await bench.call('get_element_info', { target })).output.handle

    test('name an element until it changes, and whoever changes it gets the next', async () => {
      const bench = await open()
      const handle = await handleOf(bench, '#card-1 h2')
      expect(await handleOf(bench, '#card-1 h2')).toBe(handle)
      const { output } = await bench.call('modify_element', { target: handle, text: 'x' })
      expect(await bench.call('modify_element', { target: handle, text: 'y' })).toMatchObject({
        code: 'expired',
        message: expect.stringContaining('Look again'),
      })
      const next = output.elements[0]?.handle
      expect((await bench.call('modify_element', { target: next, text: 'z' })).code).toBeUndefined()
    })

    test('expire with the element, and with who gave them', async () => {
      const bench = await open()
      const handle = await handleOf(bench, '#card-1')
      const other = await handleOf(bench, '#card-2')
      await bench.call('delete_element', { target: '#card-1', force: ['children'] })
      expect(await bench.call('get_element_info', { target: handle })).toMatchObject({
        code: 'expired',
      })
      await bench.reopen()
      expect(await bench.call('get_element_info', { target: other })).toMatchObject({
        code: 'expired',
      })
    })
  })

  describe('undo', () => {
    const setTitle = { target: '#hero-title', text: 'One', style: { color: 'red' } }

    test.each([
      ['the text', { target: '#hero-title', text: 'Two' }],
      ['the style', { target: '#hero-title', style: { color: 'blue' } }],
    ])('is refused where %s was changed since, and leaves all of it', async (_, later) => {
      const bench = await open()
      const { output } = await bench.call('modify_element', setTitle)
      await bench.call('modify_element', later)
      const before = await bench.html()
      expect(await bench.undo(output)).toMatchObject({ code: 'changed' })
      expect(await bench.html()).toBe(before)
    })

    test('goes on where something else was changed since', async () => {
      const bench = await open()
      const { output } = await bench.call('modify_element', setTitle)
      await bench.call('modify_element', { target: '#hero-title', attributes: { title: 'mine' } })
      await bench.call('create_element', {
        target: '#top',
        position: 'before',
        tag: 'p',
        text: 'x',
      })
      expect(await bench.undo(output)).toEqual({ output: null })
      expect(await bench.html()).toContain('title="mine">Welcome</h1>')
    })

    test('is refused where what was made was changed since', async () => {
      const bench = await open()
      const { output } = await bench.call('create_element', {
        target: '#main',
        tag: 'p',
        text: 'a',
      })
      await bench.call('modify_element', { target: '#main > p', text: 'b' })
      expect(await bench.undo(output)).toMatchObject({ code: 'changed' })
    })

    test('is refused a second time, and where the place is gone', async () => {
      const bench = await open()
      const inner = await bench.call('modify_element', { target: '#card-1 h2', text: 'x' })
      const outer = await bench.call('delete_element', { target: '#card-1', force: ['children'] })
      expect(await bench.undo(inner.output)).toMatchObject({ code: 'changed' })
      expect(await bench.undo(outer.output)).toEqual({ output: null })
      expect(await bench.undo(inner.output)).toEqual({ output: null })
      expect(await bench.undo(inner.output)).toMatchObject({ code: 'changed' })
    })

    test('works after a reload, from the receipt alone', async () => {
      const bench = await open()
      const before = await bench.html()
      const outputs: unknown[] = []
      for (const [name, input] of [
        ['modify_element', setTitle],
        ['delete_element', { target: '#card-1', force: ['children'] }],
        ['create_element', { target: '#main', tag: 'p', text: 'a' }],
      ] as const)
        outputs.unshift((await bench.call(name, input)).output)
      await bench.reopen()
      for (const output of outputs) expect(await bench.undo(output)).toEqual({ output: null })
      expect(await bench.html()).toBe(before)
    })

    test('puts nothing on the page from a forged receipt', async () => {
      const bench = await open()
      const before = await bench.html()
      const forge = (step: object): object => ({
        elements: [],
        receipt: { id: 'x', steps: [step] },
      })
      const { output } = await bench.call('get_element_info', { target: '#card-1' })
      expect(output.tag).toBe('article')
      const path = [1, 1, 0, 0]
      const at = { after: 0, text: 0 }
      for (const step of [
        { path, at, removed: ['<img src=x onerror="window.__pwned=1">'], inserted: [] },
        { path, at, removed: ['<script>window.__pwned=1</script>'], inserted: [] },
        { path, attribute: 'onclick', before: 'window.__pwned=1', after: null },
        { path, attribute: 'style', before: 'background:url(http://evil.example/x)', after: null },
        { path: [], at, removed: ['x'], inserted: [] },
        { path: [99, 1], attribute: 'title', before: 'x', after: null },
      ])
        expect(['unsafe', 'changed', 'protected']).toContain((await bench.undo(forge(step))).code)
      expect(await bench.html()).toBe(before)
    })
  })

  describe('bounds', () => {
    const options = { roots: ['#offers'], protect: ['#card-2'] }

    test.each([
      ['#hero-title', 'outside-roots'],
      ['#offers ~ #links', 'outside-roots'],
      ['#main', 'outside-roots'],
      [':root', 'outside-roots'],
      ['body:has(#offers)', 'outside-roots'],
      ['#card-2', 'protected'],
      ['#card-2 h2', 'protected'],
    ])('keep %s as it is', async (target, code) => {
      const bench = await open(shop, options)
      const before = await bench.html()
      expect(await bench.call('modify_element', { target, text: 'x' })).toMatchObject({ code })
      expect(await bench.call('modify_element', { target, style: { color: 'red' } })).toMatchObject(
        { code },
      )
      expect(await bench.html()).toBe(before)
    })

    test('let a root be changed, but not replaced or left', async () => {
      const bench = await open(shop, options)
      const ok = await bench.call('modify_element', { target: '#offers', style: { color: 'red' } })
      expect(ok.code).toBeUndefined()
      const tries = [
        ['delete_element', { target: '#offers', force: ['children', 'last'] }, 'outside-roots'],
        ['create_element', { target: '#offers', position: 'before', tag: 'p' }, 'outside-roots'],
        ['modify_element', { target: '#offers', text: 'x' }, 'protected'],
        ['get_element_info', { target: '#pw' }, 'outside-roots'],
      ] as const
      for (const [name, input, code] of tries)
        expect(await bench.call(name, input)).toMatchObject({ code })
      const made = await bench.call('create_element', {
        target: '#card-1',
        position: 'after',
        tag: 'p',
      })
      expect(made.code).toBeUndefined()
    })

    test('show nothing outside them', async () => {
      const bench = await open(shop, options)
      const { output } = await bench.call('list_elements', {})
      expect(output.elements.map(({ tag }) => tag)).toEqual([
        'section',
        'article',
        'h2',
        'p',
        'article',
        'h2',
        'p',
      ])
    })
  })
}
