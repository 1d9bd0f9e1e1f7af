-- One expression of Spark's dialect per line, over the columns that make.py names.
i + 1
i - 1
b + 1Y
b + b
b * 2
b + i
h * h
h + 1S
i * 2
i * i
i / 2
i / 0
i / b
i % 3
i % b
i div 2
i div b
l + 1
l - 1
l * 2
l % 7
-i
-b
-l
-d
+i
abs(i)
abs(b)
abs(l)
abs(m)
abs(d)
d + 1
d / 2
d / 0
d % 2
f + 1
f * 2
f + d
f + i
f * b
m + 1
m + 1.5
m - w
m * m
m * 2
m / 3
m / i
m % 7
m div 2
w * w
w + w
w / 3
w * 0.1
l * 1.1
i * 1.1
m + d
m + f
i = l
i = 7.0
i > 1.5
b > 300
l = 9000000000
l > 1e3
d = 0.1
f = 0.1
f = 0.1D
f = d
m = 12.34
m = 12.340
m > i
m < w
d = d
d > 1e300
-0.0D = 0.0D
d <=> d
d >= CAST('NaN' AS DOUBLE)
i <=> NULL
i <=> 7
NOT (i <=> 7)
i IS DISTINCT FROM 7
i = NULL
i IN (7, 0)
i IN (7, NULL)
i NOT IN (7, NULL)
i IN (7.0, 0.5)
l IN (0, -10)
s IN ('Hello', '')
m IN (12.34, 0)
i BETWEEN 0 AND 10
i NOT BETWEEN -5 AND 0
d BETWEEN 0 AND 3
dt BETWEEN '2023-01-01' AND '2024-12-31'
s = 'Hello'
s > 'H'
s < ''
t = 42
t > 1
i = '7'
i > '1'
d > '1.5'
m > '1.5'
dt = '2024-02-29'
dt > DATE '2000-01-01'
dt < TIMESTAMP '2024-02-29 00:00:01'
ts > '2024-01-01'
ts >= dt
nz > ts
ts = TIMESTAMP '2024-02-29 13:45:56.789012'
nz = TIMESTAMP_NTZ '2024-02-29 13:45:56.5'
ts > TIMESTAMP '2024-02-29T13:45:56+05:00'
bo
NOT bo
bo = true
bo AND i > 0
bo OR i > 0
bo OR NULL
bo AND NULL
bo IS TRUE
bo IS NOT FALSE
bo IS UNKNOWN
bo > false
bo = 'true'
bin = X'00FF'
bin > X'61'
bin = 'ab'
i IS NULL
st IS NULL
st.n IS NULL
st.n + 1
st.s || '!'
s || i
s || t
i || l
concat(s, '-', i)
concat(bin, X'01')
concat_ws('-', s, t, 'x')
concat_ws('/', i, l)
upper(s)
lower(s)
upper(i)
length(s)
length(bin)
octet_length(s)
char_length(t)
trim(s)
ltrim(s)
rtrim(s)
substring(s, 2)
substring(s, 2, 3)
substring(s, -3)
substring(s, -3, 2)
substring(s, 0, 2)
substring(s, -10, 8)
substr(s, 1, 0)
substr(s, 3, 100)
substring(i, 1, 2)
left(s, 2)
right(s, 2)
right(s, -1)
replace(s, 'l', 'L')
replace(s, 'l')
replace(s, '', 'x')
startswith(s, 'He')
endswith(s, 'o')
contains(s, '_')
instr(s, 'l')
instr(s, '')
reverse(s)
repeat(s, 2)
repeat(s, -1)
lpad(s, 8, '*')
rpad(s, 3, '*')
lpad(s, 7)
lpad(s, -1, 'x')
s LIKE 'H%'
s LIKE '%l_'
s LIKE '%\\_b%'
s LIKE '%\_b%'
s LIKE 'a!_b!%c%' ESCAPE '!'
s LIKE ''
s LIKE '%'
s LIKE '__%'
s LIKE '%😀%'
s LIKE '_ber__%'
s NOT LIKE '%e%'
s LIKE s
s LIKE t
i LIKE '7%'
s ILIKE 'hE%'
s LIKE '%\\\\d'
s = 'a_b%c\\d'
year(dt)
month(dt)
day(dt)
dayofmonth(dt)
quarter(dt)
dayofweek(dt)
weekday(dt)
dayofyear(dt)
weekofyear(dt)
year(ts)
hour(ts)
minute(ts)
second(ts)
hour(nz)
second(nz)
year('2024-05-06')
hour(dt)
to_date(ts)
to_date('2024-02-29')
to_date(s)
date(ts)
to_timestamp('2024-02-29 01:02:03')
to_timestamp(dt)
date_trunc('YEAR', ts)
date_trunc('quarter', ts)
date_trunc('MM', ts)
date_trunc('week', ts)
date_trunc('DAY', ts)
date_trunc('HOUR', ts)
date_trunc('minute', ts)
date_trunc('second', ts)
date_trunc('millisecond', ts)
date_trunc('nothing', ts)
date_trunc('MONTH', dt)
date_trunc('MONTH', nz)
trunc(dt, 'YEAR')
trunc(dt, 'MM')
trunc(dt, 'Q')
trunc(dt, 'quarter')
trunc(dt, 'week')
trunc(ts, 'month')
trunc(dt, 'DAY')
date_add(dt, 1)
date_sub(dt, 1)
date_add(ts, 1)
dt + 1
dt - 1
datediff(dt, '2024-01-01')
add_months(dt, 1)
add_months(dt, -13)
last_day(dt)
unix_date(dt)
unix_micros(ts)
date_format(dt, 'yyyy-MM')
date_format(ts, 'yyyy-MM-dd HH:mm:ss')
date_format(ts, 'yyyyMMdd\'T\'H')
CAST(i AS STRING)
CAST(d AS STRING)
CAST(f AS STRING)
CAST(m AS STRING)
CAST(w AS STRING)
CAST(dt AS STRING)
CAST(ts AS STRING)
CAST(nz AS STRING)
CAST(bo AS STRING)
CAST(bin AS STRING)
CAST(d * 1e10 AS STRING)
CAST(d / 1e5 AS STRING)
CAST(f * 123456789 AS STRING)
CAST(t AS INT)
CAST(t AS BIGINT)
CAST(t AS TINYINT)
CAST(t AS DOUBLE)
CAST(t AS DECIMAL(5,1))
CAST(t AS BOOLEAN)
CAST(t AS DATE)
CAST(s AS BINARY)
CAST('  2024-3-4 ' AS DATE)
CAST('2024' AS DATE)
CAST('2024-05' AS DATE)
CAST('2024-02-30' AS DATE)
CAST('2024-02-29T10:00:00' AS DATE)
CAST('2024-02-29 1:2:3.4' AS TIMESTAMP)
CAST('2024-02-29' AS TIMESTAMP)
CAST('2024-02' AS TIMESTAMP)
CAST('2024-02-29 10:00:00Z' AS TIMESTAMP)
CAST('2024-02-29 10:00:00+02:00' AS TIMESTAMP)
CAST('2024-02-29 10:00:00.1234567' AS TIMESTAMP)
CAST('2024-02-29 10:00:00' AS TIMESTAMP_NTZ)
CAST('nonsense' AS TIMESTAMP)
CAST(' 12 ' AS INT)
CAST('+5' AS INT)
CAST('1e2' AS DOUBLE)
CAST('1e2' AS DECIMAL(5,0))
CAST('inf' AS DOUBLE)
CAST('-Infinity' AS FLOAT)
CAST('' AS INT)
CAST('yes' AS BOOLEAN)
CAST(i AS TINYINT)
CAST(l AS INT)
CAST(d AS INT)
CAST(d AS BIGINT)
CAST(f AS SMALLINT)
CAST(m AS INT)
CAST(w AS BIGINT)
CAST(i AS DOUBLE)
CAST(l AS FLOAT)
CAST(l AS DOUBLE)
CAST(i AS DECIMAL(5,2))
CAST(d AS DECIMAL(5,2))
CAST(f AS DECIMAL(9,5))
CAST(m AS DECIMAL(4,1))
CAST(w AS DECIMAL(38,2))
CAST(i AS BOOLEAN)
CAST(d AS BOOLEAN)
CAST(bo AS INT)
CAST(bo AS DECIMAL(5,2))
CAST(dt AS TIMESTAMP)
CAST(dt AS TIMESTAMP_NTZ)
CAST(ts AS DATE)
CAST(nz AS DATE)
CAST(ts AS TIMESTAMP_NTZ)
CAST(nz AS TIMESTAMP)
CAST(ts AS BIGINT)
CAST(ts AS DOUBLE)
CAST(ts AS DECIMAL(20,6))
CAST(i AS TIMESTAMP)
TRY_CAST(t AS INT)
TRY_CAST(l AS INT)
TRY_CAST(s AS DATE)
i::string
CASE WHEN i > 0 THEN 'pos' WHEN i < 0 THEN 'neg' ELSE 'zero' END
CASE i WHEN 7 THEN 1 WHEN 0 THEN 2 END
CASE WHEN i > 0 THEN i ELSE l END
CASE WHEN i > 0 THEN 1.5 ELSE i END
CASE WHEN b <> 0 THEN i / b ELSE 0 END
if(i > 0, s, t)
coalesce(i, 0)
coalesce(i, l, 1.5)
coalesce(s, 'none')
coalesce(NULL, NULL)
ifnull(i, -1)
nvl(s, t)
nvl2(i, 'some', 'none')
nullif(i, 7)
nullif(s, '')
isnull(i)
isnotnull(i)
isnan(d)
greatest(i, 0, b)
greatest(d, 1.0D)
least(i, l)
least(s, t)
greatest(i, NULL)
floor(d)
ceil(d)
floor(m)
ceil(m)
floor(i)
ceiling(f)
round(d)
round(d, 1)
round(m)
round(m, 1)
round(m, -1)
round(i, -1)
round(i)
round(2.5)
round(-2.5)
round(0.5D)
round(1.005D, 2)
round(f, 1)
sign(i)
signum(d)
sqrt(d)
power(2, b)
mod(i, 3)
positive(i)
negative(i)
length('ab\n') + 1
'it''s'
"double"
r'a\nb'
'\u00e9'
X'0aF'
1.5
1e3
2147483648
.5
5L
-9223372036854775808
1 + 2 * 3 - 4 / 2
(1 + 2) * 3
NOT true OR true
1 < 2 = true
2 - 3 - 4
7 div 2 % 2
'a' || 'b' = 'ab'
NULL
NULL + 1
NULL AND false
DATE '2024-02-29' + 1
f + b
f / h
f = b
f > h
b = f
greatest(f, b)
coalesce(f, i)
coalesce(f, m)
dt IN ('2024-02-29', '2000-01-01')
dt IN (DATE '2024-02-29', NULL)
ts IN ('2024-02-29 13:45:56.789012')
i IN (t)
i IN (l, b)
i IN ('7')
(i, 1) IS NULL
s BETWEEN 'A' AND 'Z'
s RLIKE 'l+'
i & 1
hour(t)
month(s)
i + t
s + 1
'1' + '2'
bo + 1
bo = 1
bo > i
date_add(dt, '1')
date_add(dt, l)
substring(s, l)
concat(s, bo)
concat(s, dt)
concat(s, d)
concat(dt, ts)
length(i)
upper(dt)
s LIKE 5
nullif(i, '7')
if(bo, 1, 'x')
CASE WHEN bo THEN dt ELSE ts END
CASE WHEN bo THEN dt ELSE '2024-01-01' END
coalesce(dt, 'x')
greatest(dt, ts)
greatest(s, 1)
dt = 1
dt > 'abc'
ts = dt
nz = dt
nz < '2024-01-01'
bin = s
CAST(bo AS BIGINT)
CAST(bo AS DOUBLE)
CAST(dt AS INT)
CAST(i AS DATE)
CAST(nz AS BIGINT)
CAST(d AS TIMESTAMP)
CAST(bin AS INT)
CAST(i AS BINARY)
CAST(NULL AS INT)
CAST(m AS FLOAT)
CAST(w AS DOUBLE)
CAST(w AS FLOAT)
CAST(l AS DECIMAL(10,0))
CAST(l AS STRING) = '9000000000'
CAST('0x10' AS INT)
CAST('1_000' AS INT)
CAST('1.' AS DOUBLE)
CAST('.5' AS DECIMAL(3,1))
CAST('1d' AS DOUBLE)
CAST('tRuE' AS BOOLEAN)
CAST('2024-2-3' AS TIMESTAMP)
CAST('2024-02-29 24:00:00' AS TIMESTAMP)
CAST('2024-02-29T10:00' AS TIMESTAMP)
CAST('2024-02-29 10' AS TIMESTAMP)
CAST('2024-02-29 10:00:00 +02:00' AS TIMESTAMP)
CAST('2024-02-29 10:00:00UTC' AS TIMESTAMP)
CAST('2024-02-29 10:00:00+05:30' AS TIMESTAMP_NTZ)
CAST('24-01-01' AS DATE)
CAST('2024-01-01abc' AS DATE)
CAST('2024-01-01 abc' AS DATE)
CAST('2024-01-01T' AS DATE)
CAST('+2024-01-01' AS DATE)
CAST('-0001-01-01' AS DATE)
CAST(123456789.123F AS STRING)
CAST(1.0E7D AS STRING)
CAST(0.001D AS STRING)
CAST(1.0E-4D AS STRING)
CAST(1.1F AS DOUBLE)
CAST(16777217 AS FLOAT)
round(123.456, 2)
round(-0.5D)
round(2147483647, -1)
round(l, -2)
round(w, 3)
round(i, 2)
floor(w)
ceil(w)
floor(-2.5)
ceil(-2.5)
floor(99.9)
m * 0.5 + 1
m / 0
m / 0.3
w / m
m + l
l / m
w % m
-m
-w
abs(w)
1.0 / 3
10 / 3.0
1 / 3.0
2.50 * 2.50
CAST(1 AS DECIMAL(38,0)) / 3
CAST(1 AS DECIMAL(38,18)) * CAST(1 AS DECIMAL(38,18))
99999999999999999999999999999999999999 + 1
0.1 + 0.2
0.1D + 0.2D
5 % 0
5L div 0
-7 % 3
-7 div 2
-7L % 3
-5.5 % 2
d % 0
d div 1
add_months('2024-01-31', 1)
last_day('2024-02-01')
datediff('2024-03-01', '2024-02-28')
weekofyear('2021-01-03')
weekofyear('2020-12-31')
weekofyear('2019-12-30')
date_format(ts, 'yy')
date_format(ts, 'MMM')
date_format(ts, 'd/M/y H:m:s')
date_format(nz, 'yyyy')
date_trunc('mon', nz)
trunc(dt, NULL)
date_trunc(NULL, ts)
trunc('2024-05-06', 'mon')
instr(s, NULL)
replace(s, NULL)
substring(s, NULL)
substring(s, -2147483648, 3)
substring(s, 2147483647)
substring(s, 2, 2147483647)
lpad('abc', 2, '')
lpad('abc', 5, '')
left('abc', -1)
concat()
concat(NULL, 'a')
concat_ws(NULL, 'a')
coalesce(1, 1.5)
coalesce(1, 'a')
greatest(1, 2.5, 3L)
least(NULL, NULL)
nvl(1, 2.5)
'A' < 'a'
'Z' < 'É'
'\uFFFF' < '😀'
'a' = 'a '
'abc' LIKE 'a\\bc'
'a\\c' LIKE 'a\\\\c'
'a' LIKE NULL
NULL LIKE 'a'
'%' LIKE '\%'
'a\nb' LIKE 'a%b'
NOT NULL
NULL = NULL
NULL <=> NULL
NULL IN (1)
1 IN (NULL)
1 NOT IN (NULL)
TRUE > FALSE
X'' < X'00'
DATE '2024-02-29' = '2024-02-29'
TIMESTAMP '2024-02-29' = DATE '2024-02-29'
TIMESTAMP '2024-02-29 12:00:00+02:00'
TIMESTAMP_NTZ '2024-02-29 12:00:00+02:00'
-1e-400
123456789012345678901234567890
1234567890123456789012345678901234567890
1Y + 127Y
1.5BD
1.F
i == 7
i <> 7
i != 7 AND NOT i < 0
NOT i = 7 AND bo
bo AND i / 0 > 1
false AND i / 0 > 1
true OR i / 0 > 1
