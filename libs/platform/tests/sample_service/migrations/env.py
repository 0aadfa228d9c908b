from terresante_platform import migrations

migrations.run()
