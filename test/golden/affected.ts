import type { QueryName } from '../fixtures/query-changes.ts';

/**
 * For each change of `query-changes.ts`, by what it touches: the keys that it must bring again, told from the base
 * tables alone. `{key}` is the key that the change is made for.
 */
export const affected: Readonly<Record<QueryName, Readonly<Record<string, string>>>> = {
  order_summary: {
    orders: 'SELECT id FROM orders WHERE id = {key}',
    customers: 'SELECT id FROM orders WHERE customer_id = (SELECT customer_id FROM orders WHERE id = {key})',
    addresses: 'SELECT id FROM orders WHERE shipping_address_id = (SELECT shipping_address_id FROM orders WHERE id = {key})',
    locations: `SELECT o.id FROM orders o JOIN addresses a ON a.id = o.shipping_address_id
                WHERE a.location_id = (SELECT b.location_id FROM orders p JOIN addresses b ON b.id = p.shipping_address_id WHERE p.id = {key})`,
    'a line': 'SELECT id FROM orders WHERE id = {key}',
    'its lines by one more': 'SELECT id FROM orders WHERE id = {key}',
    'its payments by one more': 'SELECT id FROM orders WHERE id = {key}',
  },
  user_profile: {
    customers: 'SELECT id FROM customers WHERE id = {key}',
    locations: 'SELECT id FROM customers WHERE location_id = (SELECT location_id FROM customers WHERE id = {key})',
    employers: 'SELECT id FROM customers WHERE employer_id = (SELECT employer_id FROM customers WHERE id = {key})',
  },
  product_stock: {
    products: 'SELECT id FROM products WHERE id = {key}',
    stock: 'SELECT id FROM products WHERE id = {key}',
    'its stock by one more warehouse': 'SELECT id FROM products WHERE id = {key}',
    locations: 'SELECT product_id FROM stock WHERE location_id = (SELECT MIN(location_id) FROM stock WHERE product_id = {key})',
  },
};
