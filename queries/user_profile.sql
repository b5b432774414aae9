-- One row per user: a customer with the place they live in and the company they work for, either may be NULL.
-- Key: user_id. Cursor: updated_at, the newest stamp of the customer, the location and the employer,
-- so a renamed company sends all its people again.
--
-- Deleting a location or an employer does not move the stamp, but the foreign keys refuse it while a customer points there,
-- and setting the customer to NULL first does move it. A deleted customer is only found when the job reconciles.
--
-- Runs unchanged on PostgreSQL, MySQL, MariaDB and SQLite. GREATEST is NULL on MySQL when one argument is NULL, hence COALESCE.
SELECT
  c.id AS user_id,
  c.full_name AS full_name,
  c.email AS email,
  c.phone AS phone,
  c.birth_date AS birth_date,
  c.credit_limit AS credit_limit,
  l.city AS city,
  l.region AS region,
  l.country_code AS country_code,
  e.name AS employer_name,
  e.industry AS employer_industry,
  GREATEST(
    c.updated_at,
    COALESCE(l.updated_at, c.updated_at),
    COALESCE(e.updated_at, c.updated_at)
  ) AS updated_at
FROM customers c
LEFT JOIN locations l ON l.id = c.location_id
LEFT JOIN employers e ON e.id = c.employer_id
