DROP TABLE holdfast_guard.heartbeat;
