import { DatabaseSync, constants } from 'node:sqlite'
import { type Random, seededRandom } from '../shared/seeded-random.ts'

const schema = `
  CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    category TEXT NOT NULL,
    price INTEGER NOT NULL,      -- euros
    stock INTEGER NOT NULL,
    reorder_at INTEGER NOT NULL  -- order more once the stock is at or below this
  );
  CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    country TEXT NOT NULL,
    joined_on TEXT NOT NULL
  );
  CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers,
    ordered_on TEXT NOT NULL,    -- YYYY-MM-DD
    status TEXT NOT NULL         -- delivered, shipped or returned
  );
  CREATE TABLE order_items (
    order_id INTEGER NOT NULL REFERENCES orders,
    product_id INTEGER NOT NULL REFERENCES products,
    quantity INTEGER NOT NULL,
    unit_price INTEGER NOT NULL  -- euros
  );
  CREATE INDEX items_by_order ON order_items (order_id);
  CREATE INDEX items_by_product ON order_items (product_id);
`

/** What the shop sells, each in every colour: name and price. */
const range: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'Coffee and tea': {
    'Pour-over kettle': 64,
    'French press': 39,
    'Hand grinder': 58,
    'Espresso cup': 14,
    Teapot: 42,
    'Milk jug': 22,
  },
  Kitchen: {
    'Cast-iron pan': 72,
    'Cutting board': 34,
    'Bread tin': 26,
    'Mixing bowl': 19,
    'Salt mill': 31,
    'Chef knife': 89,
  },
  Desk: {
    Notebook: 12,
    'Desk lamp': 79,
    'Pen tray': 18,
    'Cable box': 24,
    'Monitor stand': 68,
    'Desk mat': 37,
  },
  Garden: {
    'Watering can': 29,
    'Plant pot': 16,
    'Pruning shears': 33,
    'Seed box': 21,
    'Bird feeder': 27,
    'Garden stool': 54,
  },
  Travel: {
    'Day pack': 85,
    'Wash bag': 28,
    'Thermos flask': 36,
    'Picnic blanket': 45,
    'Packing cube': 17,
    Umbrella: 38,
  },
  Home: {
    'Wool throw': 95,
    'Candle holder': 18,
    'Wall clock': 52,
    'Laundry basket': 41,
    Vase: 30,
    'Serving tray': 35,
  },
}
const colours = ['graphite', 'sage', 'clay', 'white']

const countries = ['Germany', 'France', 'Netherlands', 'Spain', 'Sweden', 'Poland', 'Ireland']
const countryWeights = [26, 21, 16, 13, 9, 9, 6]
const monthWeights = [6, 6, 7, 8, 9, 8, 6, 6, 8, 9, 13, 16]
const statuses = ['delivered', 'shipped', 'returned']

const customerCount = 900
const orderCount = 2_400

/** Writes a shop's year 2025 into a new file: the same few thousand rows every time. */
export function createShop(file: string): void {
  const database = new DatabaseSync(file)
  const random = seededRandom(2025)
  database.exec(schema)
  database.exec('BEGIN')
  const prices = addProducts(database, random)
  addCustomers(database, random)
  addOrders(database, random, prices)
  database.exec('COMMIT')
  database.close()
}

/** Opens the shop for reading, so that no statement can do anything but select. */
export function openForReading(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true })
  const { SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE } = constants
  const allowed = new Set([SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE])
  database.setAuthorizer((action) =>
    allowed.has(action) ? constants.SQLITE_OK : constants.SQLITE_DENY,
  )
  return database
}

/** Returns the price of each product, by id. */
function addProducts(database: DatabaseSync, random: Random): ReadonlyMap<number, number> {
  const insert = database.prepare('INSERT INTO products VALUES (?, ?, ?, ?, ?, ?)')
  const prices = new Map<number, number>()
  for (const [category, products] of Object.entries(range))
    for (const [name, price] of Object.entries(products))
      for (const colour of colours) {
        const id = prices.size + 1
        prices.set(id, price)
        const reorderAt = between(random, 10, 40)
        // Every dozenth product has run low.
        const stock =
          random() < 1 / 12 ? between(random, 0, reorderAt) : between(random, reorderAt + 5, 160)
        insert.run(id, `${name}, ${colour}`, category, price, stock, reorderAt)
      }
  return prices
}

function addCustomers(database: DatabaseSync, random: Random): void {
  const insert = database.prepare('INSERT INTO customers VALUES (?, ?, ?, ?)')
  for (let id = 1; id <= customerCount; id++) {
    const joinedOn = day(between(random, 2021, 2024), between(random, 1, 12), random)
    insert.run(id, `Customer ${String(id).padStart(4, '0')}`, pickCountry(random), joinedOn)
  }
}

function pickCountry(random: Random): string {
  return countries[weighted(countryWeights, random)] ?? ''
}

function addOrders(
  database: DatabaseSync,
  random: Random,
  prices: ReadonlyMap<number, number>,
): void {
  const insertOrder = database.prepare('INSERT INTO orders VALUES (?, ?, ?, ?)')
  const insertItem = database.prepare('INSERT INTO order_items VALUES (?, ?, ?, ?)')
  // A few products sell far better than most, as in any shop.
  const popularity = [...prices.keys()].map(() => 1 / (0.15 + random()))
  for (let id = 1; id <= orderCount; id++) {
    const orderedOn = day(2025, weighted(monthWeights, random) + 1, random)
    const status = statuses[weighted([86, 10, 4], random)] ?? ''
    insertOrder.run(id, between(random, 1, customerCount), orderedOn, status)
    const items = new Set<number>()
    for (let n = between(random, 1, 3); n > 0; n--) items.add(weighted(popularity, random) + 1)
    for (const product of items)
      insertItem.run(id, product, between(random, 1, 3), prices.get(product) ?? 0)
  }
}

function day(year: number, month: number, random: Random): string {
  const twoDigits = (value: number): string => String(value).padStart(2, '0')
  return `${year}-${twoDigits(month)}-${twoDigits(between(random, 1, 28))}`
}

function between(random: Random, lowest: number, highest: number): number {
  return lowest + Math.floor(random() * (highest - lowest + 1))
}

/** An index of `weights`, the heavier the likelier. */
function weighted(weights: readonly number[], random: Random): number {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0)
  return Math.max(
    0,
    weights.findIndex((weight) => (left -= weight) < 0),
  )
}
