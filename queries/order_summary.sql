-- One row per order: who ordered, where it goes, how many lines, what it costs and what has been paid, in whole cents.
-- Key: order_id. Cursor: updated_at, the newest stamp of the order, its customer, address, city, lines and payments,
-- so a change to any of them sends the order again. City is NULL when the order is collected at the shop.
--
-- Deleting a line or a payment, or moving it to another order, does not move the stamp: the row that carried it is gone
-- (and the newest stamp may even go back). What would: the application touches orders.updated_at in the same transaction,
-- or the job sets an interval to reconcile.
--
-- Runs unchanged on PostgreSQL, MySQL, MariaDB and SQLite. GREATEST is NULL on MySQL when one argument is NULL, hence COALESCE.
SELECT
  o.id AS order_id,
  o.status AS status,
  c.full_name AS customer_name,
  c.email AS customer_email,
  l.city AS city,
  COALESCE(i.item_count, 0) AS item_count,
  CAST(COALESCE(i.total_cents, 0) AS DECIMAL(18, 0)) AS total_cents,
  CAST(COALESCE(p.paid_cents, 0) AS DECIMAL(18, 0)) AS paid_cents,
  GREATEST(
    o.updated_at,
    c.updated_at,
    COALESCE(a.updated_at, o.updated_at),
    COALESCE(l.updated_at, o.updated_at),
    COALESCE(i.updated_at, o.updated_at),
    COALESCE(p.updated_at, o.updated_at)
  ) AS updated_at
FROM orders o
JOIN customers c ON c.id = o.customer_id
LEFT JOIN addresses a ON a.id = o.shipping_address_id
LEFT JOIN locations l ON l.id = a.location_id
LEFT JOIN (
  SELECT
    order_id,
    COUNT(*) AS item_count,
    SUM(quantity * unit_price_cents) AS total_cents,
    MAX(updated_at) AS updated_at
  FROM order_items
  GROUP BY order_id
) i ON i.order_id = o.id
LEFT JOIN (
  -- A payment never changes: its creation is its newest stamp. A refund is a negative amount.
  SELECT order_id, SUM(amount_cents) AS paid_cents, MAX(created_at) AS updated_at
  FROM payments
  GROUP BY order_id
) p ON p.order_id = o.id
