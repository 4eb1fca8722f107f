-- What questions ask, with the columns that a run gives it; tests/questions asks real homes.
create table dev_gold.agg_customer_summary (
    customer_key varchar, customer_id varchar, customer_name varchar, segment varchar,
    country varchar, customer_score double, customer_tier varchar, confidence double,
    first_reason varchar, recommended_action varchar, fleet_health double,
    alert_experience double, rfm double, activity_trend double, data_trust double,
    devices bigint, active_devices bigint, scored_devices bigint, mean_health_score double,
    worst_decile_health_score double, open_alerts bigint, recent_alerts bigint,
    unacknowledged_alerts bigint, acknowledge_p50_seconds double, acknowledge_p90_seconds double,
    alert_points_per_device_day double, revenue_orders bigint, revenue_amount decimal(38,2),
    last_ordered_at timestamptz, recency_score double, frequency_score double,
    monetary_score double, recent_readings bigint, completeness double, activity_ratio double
);
create table dev_gold.agg_daily_device_metrics (
    daily_metric_key varchar, device_key varchar, date_key bigint, device_id varchar,
    sensor_type varchar, metric_date date, readings bigint, valid_readings bigint,
    trusted_readings bigint, good_readings bigint, suspect_readings bigint, bad_readings bigint,
    out_of_range_readings bigint, unknown_unit_readings bigint, late_readings bigint,
    breaches bigint, min_value double, avg_value double, max_value double, stddev_value double,
    median_value double, expected_interval_seconds integer, observed_from_at timestamptz,
    observed_until_at timestamptz, expected_slots bigint, filled_slots bigint,
    completeness double, online_seconds double, flat_line_readings bigint, spikes bigint,
    outliers bigint, anomalies bigint, first_reading_at timestamptz, last_reading_at timestamptz,
    battery_min_percent double, battery_last_percent double, firmware_last_version varchar,
    _ingested_at timestamptz
);
create table dev_gold.dim_customers (
    customer_key varchar, customer_id varchar, customer_name varchar, email varchar,
    phone varchar, segment varchar, country varchar, created_at timestamptz, is_deleted boolean,
    is_inferred boolean, devices bigint, active_devices bigint, open_alerts bigint,
    orders bigint, revenue_orders bigint, revenue_amount decimal(38,2),
    first_ordered_at timestamptz, last_ordered_at timestamptz
);
create table dev_gold.dim_date (
    date_key bigint, date_day date, year_number bigint, quarter_number bigint,
    month_number bigint, month_name varchar, day_of_month bigint, iso_day_of_week bigint,
    day_name varchar, iso_week_number integer, iso_year_number bigint, is_weekend boolean
);
create table dev_gold.dim_devices (
    device_key varchar, device_id varchar, customer_key varchar, location_key varchar,
    customer_id varchar, location_id varchar, product_id bigint, product_name varchar,
    serial_number varchar, device_type varchar, install_date date, status varchar,
    is_deleted boolean, is_inferred boolean, is_monitored boolean,
    firmware_version_on_record varchar, firmware_version varchar, first_seen_at timestamptz,
    last_seen_at timestamptz, readings bigint, is_active boolean, sensors bigint,
    silent_sensors bigint, flat_line_sensors bigint, is_silent boolean, battery_percent double,
    open_alerts bigint, open_critical_alerts bigint, health_score double, health_band varchar,
    health_confidence double, health_trend double, health_cap_reason varchar,
    health_first_reason varchar, health_second_reason varchar, recommended_action varchar,
    health_availability double, health_completeness double, health_quality double,
    health_stability double, health_alert_load double, health_battery double
);
create table dev_gold.dim_devices_history (
    device_version_key varchar, device_key varchar, device_id varchar, customer_key varchar,
    location_key varchar, customer_id varchar, location_id varchar, product_id bigint,
    serial_number varchar, device_type varchar, install_date date, status varchar,
    firmware_version_on_record varchar, created_at timestamptz, valid_from timestamptz,
    valid_to timestamptz, is_current boolean, version_no bigint, _ingested_at timestamptz
);
create table dev_gold.dim_locations (
    location_key varchar, location_id varchar, location_name varchar, address varchar,
    city varchar, country varchar, latitude double, longitude double, timezone varchar,
    created_at timestamptz, is_deleted boolean, is_inferred boolean, devices bigint,
    active_devices bigint, customers bigint, open_alerts bigint
);
create table dev_gold.fct_alerts (
    alert_id varchar, device_key varchar, location_key varchar, date_key bigint,
    device_id varchar, location_id varchar, threshold_id integer, sensor_type varchar,
    severity varchar, alert_points double, is_critical boolean, sensor_value double,
    status varchar, is_open boolean, triggered_at timestamptz, acknowledged_at timestamptz,
    resolved_at timestamptz, time_to_acknowledge_seconds double, is_acknowledge_censored boolean,
    time_to_resolve_seconds double, is_resolve_censored boolean, has_impossible_times boolean
);
create table dev_gold.fct_iot_events (
    event_id varchar, device_key varchar, location_key varchar, date_key bigint,
    device_id varchar, location_id varchar, sensor_type varchar, event_at timestamptz,
    event_date date, event_hour_at timestamptz, arrived_at timestamptz, value double,
    unit_ucum varchar, quality_flag varchar, is_valid_reading boolean,
    is_in_physical_range boolean, is_late boolean, battery_level double,
    firmware_version varchar, threshold_id integer, is_breach boolean, breach_severity varchar,
    _ingested_at timestamptz
);
create table dev_gold.fct_orders (
    order_id varchar, customer_key varchar, date_key bigint, customer_id varchar,
    product_id bigint, product_name varchar, product_category varchar, order_status varchar,
    is_revenue boolean, quantity integer, unit_price decimal(12,2), total_amount decimal(14,2),
    revenue_amount decimal(14,2), ordered_at timestamptz, updated_at timestamptz
);
create table dev_gold.int_device_health (
    device_window_key varchar, window_name varchar, device_id varchar, health_score double,
    uncapped_score double, confidence double, cap_reason varchar, first_reason varchar,
    second_reason varchar, recommended_action varchar, availability double, completeness double,
    quality double, stability double, alert_load double, battery double,
    open_critical_alerts bigint
);
create table dev_gold.int_device_windows (
    device_window_key varchar, window_name varchar, device_id varchar, observed_seconds double,
    readings bigint, valid_readings bigint, trusted_readings bigint, good_readings bigint,
    suspect_readings bigint, late_readings bigint, anomalies bigint, availability double,
    completeness double
);
create table dev_gold.int_hourly_readings (
    device_id varchar, sensor_type varchar, event_hour_at timestamptz, event_date date,
    readings bigint, valid_readings bigint, trusted_readings bigint, good_readings bigint,
    suspect_readings bigint, bad_readings bigint, out_of_range_readings bigint,
    unknown_unit_readings bigint, late_readings bigint, breaches bigint, min_value double,
    max_value double, sum_value decimal(38,6), sum_squares decimal(38,12), filled_slots bigint,
    first_slot bigint, last_slot bigint, first_reading_at timestamptz,
    last_reading_at timestamptz, online_micros_inside bigint, first_value double,
    second_value double, last_but_one_value double, last_value double, outliers bigint,
    is_first_outlier integer, is_last_outlier integer, spikes_inside bigint,
    outliers_or_spikes_inside bigint, first_run_readings bigint, last_run_readings bigint,
    flat_line_readings_inside bigint, battery_min_percent double, battery_last_percent double,
    firmware_last_version varchar, _ingested_at timestamptz
);
create table dev_gold.int_location_hours (
    location_id varchar, event_hour_at timestamptz, readings bigint, _ingested_at timestamptz
);
create table dev_gold.int_sensor_settings (
    device_id varchar, sensor_type varchar, expected_interval_seconds integer,
    threshold_id integer, threshold_min double, threshold_max double, threshold_severity varchar,
    flat_line_applies boolean, spike_limit double, mad_floor double, threshold_hash varchar,
    settings_hash varchar
);
create table dev_gold.int_sensors (
    sensor_key varchar, device_key varchar, device_id varchar, sensor_type varchar,
    expected_interval_seconds integer, readings bigint, flat_line_readings bigint,
    has_flat_line boolean, first_reading_at timestamptz, last_reading_at timestamptz,
    battery_last_at timestamptz, battery_last_percent double, firmware_last_at timestamptz,
    firmware_last_version varchar, observed_from_at timestamptz, as_of_at timestamptz,
    is_silent boolean
);
create table dev_quality.check_results (
    run_id varchar, checked_at timestamptz, job varchar, check_name varchar, kind varchar,
    layer varchar, table_name varchar, severity varchar, status varchar, value double,
    limit_value double, rows_failing bigint, sample varchar, message varchar,
    duration_seconds double, engine varchar
);
create table dev_quality.error_budgets (
    objective varchar, kind varchar, source varchar, device_class varchar, target double,
    window_days integer, from_date date, to_date date, good bigint, valid bigint, sli double,
    budget_left double
);
create table dev_quality.expectation_results (
    run_id varchar, recorded_at timestamptz, source varchar, expectation varchar, action varchar,
    rows_checked bigint, rows_failing bigint, engine varchar
);
create table dev_quality.objective_days (
    objective varchar, kind varchar, source varchar, device_class varchar, day date, good bigint,
    valid bigint
);
create table dev_quality.pipeline_runs (
    run_id varchar, target varchar, engine varchar, started_at timestamptz, seconds double,
    status varchar, jobs varchar, files bigint, lines bigint, good bigint, quarantined bigint,
    corrupt bigint, rescued bigint, duplicates bigint, released bigint, silver bigint,
    models bigint, checks bigint, checks_failed bigint, checks_warned bigint, slowest varchar
);
