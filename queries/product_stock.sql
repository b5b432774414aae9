-- One row per product: its price and its stock added up over the warehouses, zeros when no warehouse holds it.
-- Key: product_id. Cursor: updated_at, the newest stamp of the product, its stock rows and their warehouses,
-- so a change to a warehouse sends all the products it holds again.
--
-- Deleting a stock row does not move the stamp: the row that carried it is gone (and the newest stamp may even go back).
-- What would: set the row to zero instead, touch products.updated_at in the same transaction, or let the job reconcile.
--
-- Runs unchanged on PostgreSQL, MySQL, MariaDB and SQLite. GREATEST is NULL on MySQL when one argument is NULL, hence COALESCE.
SELECT
  p.id AS product_id,
  p.sku AS sku,
  p.name AS product_name,
  p.price_cents AS price_cents,
  COALESCE(s.warehouse_count, 0) AS warehouse_count,
  COALESCE(s.country_count, 0) AS country_count,
  CAST(COALESCE(s.on_hand, 0) AS DECIMAL(18, 0)) AS on_hand,
  CAST(COALESCE(s.reserved, 0) AS DECIMAL(18, 0)) AS reserved,
  GREATEST(p.updated_at, COALESCE(s.updated_at, p.updated_at)) AS updated_at
FROM products p
LEFT JOIN (
  SELECT
    stock.product_id AS product_id,
    COUNT(*) AS warehouse_count,
    COUNT(DISTINCT warehouse.country_code) AS country_count,
    SUM(stock.on_hand) AS on_hand,
    SUM(stock.reserved) AS reserved,
    MAX(GREATEST(stock.updated_at, warehouse.updated_at)) AS updated_at
  FROM stock
  JOIN locations warehouse ON warehouse.id = stock.location_id
  GROUP BY stock.product_id
) s ON s.product_id = p.id
