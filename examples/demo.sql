-- The demo's database: the five tables of the standard example and the order items,
-- with rows on both sides of every cutoff. Dates are counted from now, so that the
-- demo is the same whenever it is started.

CREATE TABLE public.session_logs (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    integer     NOT NULL,
    ip_address inet        NOT NULL,
    user_agent text        NOT NULL,
    created_at timestamptz NOT NULL
);
INSERT INTO public.session_logs (user_id, ip_address, user_agent, created_at)
SELECT 1 + i % 5000, ('10.' || i % 200 || '.' || i % 250 || '.' || 1 + i % 253)::inet,
       'Mozilla/5.0 (build ' || i % 40 || ')', now() - make_interval(mins => i * 2)
FROM generate_series(1, 90000) AS i;
CREATE INDEX session_logs_created_at ON public.session_logs (created_at);

CREATE TABLE public.analytics_events (
    id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    visitor    text        NOT NULL,
    name       text        NOT NULL,
    properties jsonb       NOT NULL DEFAULT '{}',
    event_time timestamptz NOT NULL
);
INSERT INTO public.analytics_events (visitor, name, properties, event_time)
SELECT md5((i % 9000)::text), (ARRAY['page_view', 'search', 'add_to_cart', 'checkout'])[1 + i % 4],
       jsonb_build_object('page', i % 300), now() - make_interval(mins => i * 10)
FROM generate_series(1, 80000) AS i;
CREATE INDEX analytics_events_event_time ON public.analytics_events (event_time);

CREATE TABLE public.orders (
    id               bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id      integer       NOT NULL,
    customer_name    text          NOT NULL,
    email            text          NOT NULL,
    shipping_address text          NOT NULL,
    phone            text,
    total            numeric(12,2) NOT NULL,
    created_at       timestamptz   NOT NULL
);
INSERT INTO public.orders (customer_id, customer_name, email, shipping_address, phone, total, created_at)
SELECT 1 + i % 4000,
       (ARRAY['Ada', 'Chidi', 'Elena', 'Hiroshi', 'Ingrid', 'Jamal', 'Noor', 'Zoë'])[1 + i % 8] || ' '
         || (ARRAY['Okafor', 'Lindqvist', 'Tanaka', 'Müller', 'Haddad', 'Novák', 'Silva'])[1 + i % 7],
       'customer' || 1 + i % 4000 || '@example.com', 1 + i % 180 || ' Market Street, Springfield',
       CASE WHEN i % 5 > 0 THEN '+1 555 01' || lpad((i % 100)::text, 2, '0') END,
       round((5 + (i * 37 % 40000) / 100.0)::numeric, 2), now() - make_interval(hours => i * 4)
FROM generate_series(1, 20000) AS i;
CREATE INDEX orders_created_at ON public.orders (created_at);

CREATE TABLE public.order_items (
    id         bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id   bigint        NOT NULL REFERENCES public.orders,
    product    text          NOT NULL,
    quantity   integer       NOT NULL,
    unit_price numeric(12,2) NOT NULL
);
INSERT INTO public.order_items (order_id, product, quantity, unit_price)
SELECT o.id, 'SKU-' || 1000 + (o.id * n) % 900, 1 + (o.id % 3)::integer, round((o.total / 2)::numeric, 2)
FROM public.orders AS o, generate_series(1, 2) AS n;
CREATE INDEX order_items_order_id ON public.order_items (order_id);

CREATE TABLE public.support_tickets (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id integer     NOT NULL,
    subject     text        NOT NULL,
    body        text        NOT NULL,
    opened_at   timestamptz NOT NULL,
    resolved_at timestamptz
);
INSERT INTO public.support_tickets (customer_id, subject, body, opened_at, resolved_at)
SELECT 1 + i % 4000, 'Question ' || i, repeat('Please help with my order. ', 1 + i % 5),
       now() - make_interval(hours => i * 2 + 30),
       CASE WHEN i % 9 > 0 THEN now() - make_interval(hours => i * 2) END
FROM generate_series(1, 15000) AS i;
CREATE INDEX support_tickets_resolved_at ON public.support_tickets (resolved_at);

-- No index on updated_at here: this one is walked by blocks.
CREATE TABLE public.shopping_carts (
    id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id integer     NOT NULL,
    status      text        NOT NULL CHECK (status IN ('open', 'ordered', 'abandoned')),
    contents    jsonb       NOT NULL DEFAULT '[]',
    updated_at  timestamptz NOT NULL
);
INSERT INTO public.shopping_carts (customer_id, status, contents, updated_at)
SELECT 1 + i % 4000, (ARRAY['open', 'ordered', 'abandoned', 'abandoned'])[1 + i % 4],
       jsonb_build_array(jsonb_build_object('sku', 1000 + i % 900)), now() - make_interval(mins => i * 12)
FROM generate_series(1, 12000) AS i;

ANALYZE;
